/** What a pickle can hold here: plain values, containers, and the objects that known globals make. */

/** Any value. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleTuple
  | PickleSet
  | PickleDict
  | PickleGlobal
  | PickleObject;

/** A list. */
export class PickleList {
  /** Its items; the unpickler appends. */
  readonly items: PickleValue[] = [];
}

/** A tuple. */
export class PickleTuple {
  /** Takes its items. */
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A set or a frozen set: its items as they were added. */
export class PickleSet {
  /** Its items. */
  readonly items: PickleValue[] = [];
}

/** A dict or an OrderedDict. Keys that are containers are told apart by identity. */
export class PickleDict {
  /** In the order of insertion. */
  readonly entries = new Map<PickleValue, PickleValue>();
  /** Takes whether it is of a class that may have attributes, such as OrderedDict; they are ignored. */
  constructor(readonly hasAttributes = false) {}
}

/** A function or class that a pickle names. Without `call` it can only be named. */
export class PickleGlobal {
  /** Takes its dotted name, and what stands for a call of it. */
  constructor(readonly name: string, readonly call?: (args: readonly PickleValue[]) => PickleValue) {}
}

/** What a known global made, such as a tensor. */
export abstract class PickleObject {
  /** What it is, with its article: "a tensor". */
  abstract readonly what: string;
  /** Takes over a state that the pickle gives it; objects without this method refuse one. */
  setState?(state: PickleValue): void;
}
