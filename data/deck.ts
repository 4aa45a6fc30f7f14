import type { Random } from "../engine/random.ts";
import { itemAt } from "../engine/item_at.ts";

/**
 * A deck of items that is dealt from the top and shuffled again when it runs out, so that every item is dealt
 * about equally often. The items of one deal are all different.
 */
export class Deck {
  readonly #items: Int32Array;
  readonly #random: Random;
  #next: number;

  /** The deck holds a copy of `items` and shuffles with `random`. */
  constructor(items: Int32Array, random: Random) {
    this.#items = items.slice();
    this.#random = random;
    this.#next = items.length;
  }

  /** The number of items. */
  get size(): number {
    return this.#items.length;
  }

  /**
   * Deals `count` different items.
   *
   * @throws {RangeError} When the deck has fewer.
   */
  deal(count: number): Int32Array {
    const items = this.#items;
    if (count > items.length) {
      throw new RangeError(`A deck of ${items.length} cannot deal ${count} different items`);
    }
    const dealt = new Int32Array(count);
    const rest = items.subarray(this.#next, this.#next + count).slice();
    dealt.set(rest);
    this.#next += rest.length;
    const missing = count - rest.length;
    if (missing === 0) return dealt;

    // The deal takes the rest of the old order; the new order begins with items that are not among these.
    this.#random.shuffle(items);
    let front = 0;
    for (const [i, item] of items.entries()) {
      if (front === missing) break;
      if (rest.includes(item)) continue;
      items[i] = itemAt(items, front);
      items[front++] = item;
    }
    dealt.set(items.subarray(0, missing), rest.length);
    this.#next = missing;
    return dealt;
  }
}
