/** The nearest vectors found so far for one query. */

/** A vector that was found. */
export interface Neighbor {
  readonly id: string;
  /** Index in the stream of vectors. */
  readonly position: number;
  /** Euclidean distance, computed in f64 from the f32 vectors. */
  readonly distance: number;
}

interface Found {
  readonly id: string;
  readonly position: number;
  readonly squared: number;
}

/** At most `top` vectors, nearest first; equally distant ones in the order of the stream. */
export class NearestList {
  readonly #found: Found[] = [];

  constructor(readonly top: number) {}

  /** Squared distance of the last vector of a full list: no vector that is farther belongs to it. */
  get limit(): number {
    return this.#found[this.top - 1]?.squared ?? Infinity;
  }

  /** Inserts a vector if it is near enough. It must not be in the list already. */
  offer(found: Found): void {
    const index = this.#found.findLastIndex((other) => !before(found, other)) + 1;
    if (index === this.top) return;
    this.#found.splice(index, 0, found);
    this.#found.splice(this.top);
  }

  /** The vectors of the list, nearest first. */
  neighbors(): Neighbor[] {
    return this.#found.map(({ id, position, squared }) => ({ id, position, distance: Math.sqrt(squared) }));
  }
}

function before(a: Found, b: Found): boolean {
  return a.squared < b.squared || (a.squared === b.squared && a.position < b.position);
}
