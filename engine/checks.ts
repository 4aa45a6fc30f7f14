/** Checks of the shapes and numbers that a user hands over; each error names them and says what is allowed. */
import { LimitError, ShapeError } from "./errors.ts";

/** Words hold whole numbers below this. */
export const WORDS = 2 ** 32;

/** Said of a program that cannot run any more. */
export const DESTROYED = "The program was destroyed; record another one";

/** What something is, in words: "undefined", "a number", "an array". */
export function kindOf(thing: unknown): string {
  if (thing === undefined || thing === null) return String(thing);
  if (thing instanceof Promise) return "a promise";
  if (Array.isArray(thing)) return "an array";
  return typeof thing === "object" ? "an object" : `a ${typeof thing}`;
}

/**
 * Checks a shape from outside.
 *
 * @throws {ShapeError} when it is no list of whole numbers from 1 on.
 * @throws {LimitError} when it has more elements than kernels can count.
 */
export function checkShape(what: string, shape: readonly number[]): void {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size > 0)) {
    const elements = shape.reduce((a, b) => a * b, 1);
    if (elements < WORDS) return;
    throw new LimitError(`${what} [${shape}] has ${elements} elements, and a tensor holds fewer than 2^32`);
  }
  const got = Array.isArray(shape) ? `[${shape}]` : kindOf(shape);
  throw new ShapeError(`${what} takes a shape of whole numbers from 1 on, such as [64, 3]; got ${got}`);
}

/**
 * Checks the numbers that fill a shape.
 *
 * @throws {ShapeError} when there are too few or too many, or they are no flat list of numbers.
 */
export function checkNumbers(
  what: string,
  shape: readonly number[],
  numbers: ArrayLike<number> | undefined,
): asserts numbers is ArrayLike<number> {
  const needed = shape.reduce((a, b) => a * b, 1);
  if (numbers?.length !== needed) {
    const got = numbers === undefined ? "nothing" : numbers?.length ?? kindOf(numbers);
    throw new ShapeError(`${what} [${shape}] needs ${needed} numbers; got ${got}`);
  }
  if (typeof numbers[0] !== "number") {
    throw new ShapeError(
      `${what} [${shape}] needs ${needed} numbers in one list; got ${kindOf(numbers[0])} in it`,
    );
  }
}

/**
 * Numbers as words.
 *
 * @param limit the first number that is too large, and why, where there is one below 2^32.
 * @throws {RangeError} when one is not whole, negative or too large.
 */
export function asWords(
  what: string,
  numbers: ArrayLike<number>,
  { below, reason }: { readonly below: number; readonly reason: string } = { below: WORDS, reason: "" },
): Uint32Array<ArrayBuffer> {
  const words = numbers instanceof Uint32Array && numbers.buffer instanceof ArrayBuffer
    ? numbers as Uint32Array<ArrayBuffer>
    : undefined;
  if (words && below === WORDS) return words;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i];
    if (Number.isInteger(number) && number! >= 0 && number! < below) continue;
    throw new RangeError(
      `${what} takes whole numbers from 0 to ${below - 1}${reason}; got ${number} at ${i}`,
    );
  }
  return words ?? Uint32Array.from(numbers);
}

/** @throws {RangeError} when a number is not finite, below `from`, or not below `below`. */
export function checkNumber(what: string, number: number, from: number, below = Infinity): void {
  if (number >= from && number < below) return;
  const range = below === Infinity ? `${from} on` : `${from} to below ${below}`;
  throw new RangeError(`${what} is a number from ${range}; got ${number}`);
}

/** @throws {RangeError} when a step is no whole number from 1 on. */
export function checkStep(step: number): void {
  if (Number.isInteger(step) && step >= 1) return;
  throw new RangeError(`Steps are whole numbers from 1 on; got ${step}`);
}
