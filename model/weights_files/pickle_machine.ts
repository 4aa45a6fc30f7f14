/** The stack and the memo on which a pickle's opcodes work, and the calls that they may make. */
import { brief } from "../safetensors_json.ts";
import type { ByteReader } from "./byte_reader.ts";
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "./pickle_values.ts";
import { damaged, refused, WeightsFileError } from "./weights_file_error.ts";

/** What a pickle may name. */
export interface PickleOptions {
  /** Globals by their dotted name; a value that is no function stands for itself. */
  readonly globals: ReadonlyMap<string, PickleGlobal | PickleObject>;
  /** What a persistent id stands for; without it such an id is refused. */
  readonly persistent?: (id: PickleValue) => PickleValue;
}

/** Opcodes that are executed at most, with the items of arguments: an object takes one, and a tensor some sixty. */
const MOST_OPERATIONS = 1_000_000;

/** A value in a message. */
export function named(value: PickleValue | undefined): string {
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleObject) return value.what;
  if (value instanceof PickleDict) return "a dict";
  if (value instanceof PickleList) return "a list";
  if (value instanceof PickleTuple) return "a tuple";
  if (value instanceof PickleSet) return "a set";
  if (value instanceof Uint8Array) return "bytes";
  return value === null ? "None" : `a ${typeof value}`;
}

/** How many items or bytes a value has directly. */
function lengthOf(value: PickleValue): number {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length;
  if (value instanceof PickleDict) return value.entries.size;
  return value instanceof PickleList || value instanceof PickleTuple || value instanceof PickleSet
    ? value.items.length
    : 0;
}

/** The stack, the memo and the input of one pickle. */
export class PickleMachine {
  #stack: PickleValue[] = [];
  /** The stacks below each mark. */
  readonly #marked: PickleValue[][] = [];
  readonly memo = new Map<number, PickleValue>();
  #operations = 0;
  readonly input: ByteReader;
  readonly options: PickleOptions;

  constructor(input: ByteReader, options: PickleOptions) {
    this.input = input;
    this.options = options;
  }

  /** Counts operations, or items of arguments. @throws {WeightsFileError} `too-large` beyond the most. */
  count(operations: number): void {
    this.#operations += operations;
    if (this.#operations <= MOST_OPERATIONS) return;
    throw new WeightsFileError(
      "too-large",
      `Its pickle has more than ${MOST_OPERATIONS} operations, and no network has so many tensors. Save the network's ` +
        "state_dict() and nothing else, and give that file.",
    );
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw damaged("the pickle takes a value from an empty stack");
    return value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw damaged("the pickle takes a value from an empty stack");
    return value;
  }

  mark(): void {
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  /** The values above the last mark, which goes. */
  popMark(): PickleValue[] {
    const above = this.#stack;
    const below = this.#marked.pop();
    if (below === undefined) throw damaged("the pickle takes values from a mark that it has not set");
    this.#stack = below;
    return above;
  }

  /** POP takes a mark away where nothing is above it. */
  discard(): void {
    if (this.#stack.length === 0) this.popMark();
    else this.pop();
  }

  get(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw damaged(`the pickle remembers nothing as number ${index}`);
    this.push(value);
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  global(module: string, name: string): PickleValue {
    const value = this.options.globals.get(`${module}.${name}`);
    if (value === undefined) throw refused(`names ${brief(`${module}.${name}`)}`);
    return value;
  }

  call(callable: PickleValue, args: readonly PickleValue[]): PickleValue {
    if (callable instanceof PickleGlobal && callable.call !== undefined) {
      this.count(args.reduce<number>((sum, arg) => sum + lengthOf(arg), 0)); // A call may copy them.
      return callable.call(args);
    }
    throw refused(`calls ${named(callable)}`);
  }

  persistent(id: PickleValue): void {
    const { persistent } = this.options;
    if (persistent === undefined) throw refused("has a persistent id");
    this.push(persistent(id));
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) throw refused(`appends to ${named(list)}`);
    for (const value of values) list.items.push(value);
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) throw refused(`sets items of ${named(dict)}`);
    fill(dict, values);
  }

  /** BUILD: calls `__setstate__` or sets attributes in Python. */
  build(): void {
    const state = this.pop(), object = this.top();
    if (object instanceof PickleDict && object.hasAttributes) return;
    if (object instanceof PickleObject && object.setState !== undefined) object.setState(state);
    else throw refused(`sets the state of ${named(object)}`);
  }
}

/** Sets the items of a dict: keys and values in turn. */
export function fill(dict: PickleDict, keysAndValues: readonly PickleValue[]): void {
  if (keysAndValues.length % 2 !== 0) throw damaged("the pickle has a key without a value");
  keysAndValues.forEach((value, i) => {
    const key = keysAndValues[i - 1];
    if (i % 2 === 1 && key !== undefined) dict.entries.set(key, value);
  });
}
