/**
 * The one source of chance: a small seedable generator, so that a seed alone decides a whole run.
 *
 * xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021), period 2^128 - 1,
 * seeded through splitmix32, in 32-bit integer arithmetic: the same numbers in every JavaScript engine.
 */
export class Random {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  /**
   * A generator that the seed alone decides.
   *
   * @param seed Any integer; its low 53 bits count.
   * @throws {RangeError} When the seed is not a safe integer.
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`A seed must be an integer below 2^53: got ${seed}`);
    }
    const next = splitmix32(absorb(0, seed));
    this.#s0 = next();
    this.#s1 = next();
    this.#s2 = next();
    this.#s3 = next() | 1; // The all-zero state is the only one that xoshiro never leaves.
  }

  /** A generator that continues where `state()` was taken. */
  static from(state: readonly number[]): Random {
    if (
      state.length !== 4 || !state.every((word) => Number.isInteger(word)) ||
      state.every((word) => word === 0)
    ) {
      throw new RangeError(`The state of a Random is four integers, not all zero: got [${state.join(", ")}]`);
    }
    const random = new Random(0);
    [random.#s0, random.#s1, random.#s2, random.#s3] = state.map((word) => word >>> 0) as [
      number,
      number,
      number,
      number,
    ];
    return random;
  }

  /** The four 32-bit words from which `Random.from` continues. */
  state(): number[] {
    return [this.#s0 >>> 0, this.#s1 >>> 0, this.#s2 >>> 0, this.#s3 >>> 0];
  }

  /**
   * An independent generator named by integers, e.g. `fork(epoch)` or `fork(epoch, step)`. It depends on this
   * generator's present state and the labels, and draws nothing from it: forks of a fixed root may be taken in
   * any order, which is what lets a resumed run repeat an epoch's draws exactly.
   */
  fork(...labels: number[]): Random {
    let hash = absorb(absorb(absorb(absorb(labels.length, this.#s0), this.#s1), this.#s2), this.#s3);
    for (const label of labels) hash = absorb(hash, label);
    const child = new Random(0);
    const next = splitmix32(hash);
    child.#s0 = next() ^ this.#s2;
    child.#s1 = next() ^ this.#s3;
    child.#s2 = next();
    child.#s3 = next() | 1;
    return child;
  }

  /** The next 32 random bits as an unsigned integer. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#s1, 5), 7), 9) >>> 0;
    const t = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= t;
    this.#s3 = rotateLeft(this.#s3, 11);
    return result;
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /**
   * Uniform among 0, 1, ..., n - 1, without bias (rejection sampling).
   *
   * @throws {RangeError} Unless n is an integer from 1 to 2^32.
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x1_0000_0000) {
      throw new RangeError(`Random.integer needs an integer from 1 to 2^32: got ${n}`);
    }
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % n);
    let bits = this.uint32();
    while (bits >= limit) bits = this.uint32();
    return bits % n;
  }

  /** Standard normal (Box & Muller, 1958); two draws of `next()` each. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** One element, each equally likely; throws a RangeError when there is none. */
  pick<T>(items: ArrayLike<T>): T {
    return items[this.integer(items.length)]!;
  }

  /** Puts the array into random order, in place (Fisher & Yates), and returns it. */
  shuffle<A extends { length: number; [index: number]: unknown }>(items: A): A {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** Mixes an integer's low and high words into a 32-bit hash (MurmurHash3's finaliser after each). */
function absorb(hash: number, value: number): number {
  const low = value >>> 0;
  const high = Math.floor(value / 0x1_0000_0000) >>> 0;
  return avalanche(avalanche(hash + 0x9e3779b9 ^ low) + 0x85ebca6b ^ high);
}

function avalanche(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The generator that xoshiro's authors advise for seeding (Steele et al. 2014, 32-bit form). */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}
