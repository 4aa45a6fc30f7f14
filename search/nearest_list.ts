/** The nearest vectors found so far for one query. */

/** A vector that was found. */
export interface Neighbor {
  readonly id: string;
  /** Place in the stream of vectors, from 0 on. */
  readonly position: number;
  /** Euclidean distance, computed in f64 from the f32 vectors. */
  readonly distance: number;
}

interface Found {
  readonly id: string;
  readonly position: number;
  readonly squared: number;
}

/** At most `top` vectors, nearest first, of equals the first of the stream first. */
export class NearestList {
  readonly #found: Found[] = [];

  constructor(readonly top: number) {}

  /** Squared distance below which, or at which if it comes earlier, a vector belongs to the list. */
  get limit(): number {
    return this.#found.length < this.top ? Infinity : this.#found[this.top - 1].squared;
  }

  /** Puts a vector where it belongs, if it does. It must not be there already. */
  offer(found: Found): void {
    let place = this.#found.length;
    while (place > 0 && before(found, this.#found[place - 1])) place--;
    if (place === this.top) return;
    this.#found.splice(place, 0, found);
    this.#found.length = Math.min(this.#found.length, this.top);
  }

  /** What was found. */
  neighbors(): Neighbor[] {
    return this.#found.map(({ id, position, squared }) => ({ id, position, distance: Math.sqrt(squared) }));
  }
}

function before(a: Found, b: Found): boolean {
  return a.squared < b.squared || (a.squared === b.squared && a.position < b.position);
}
