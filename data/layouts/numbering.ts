/** Numbers people or cameras that have names: 1, 2, ... in the order of the names by code unit. */
export class Numbering {
  /** The name of each number. */
  readonly names: ReadonlyMap<number, string>;
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param names In any order, repeated or not. */
  constructor(names: Iterable<string>) {
    const sorted = [...new Set(names)].sort();
    this.#numbers = new Map(sorted.map((name, i) => [name, i + 1]));
    this.names = new Map(sorted.map((name, i) => [i + 1, name]));
  }

  /**
   * The number of a name.
   *
   * @throws {RangeError} When the constructor did not receive the name.
   */
  of(name: string): number {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new RangeError(`${name} was not numbered`);
    return number;
  }
}
