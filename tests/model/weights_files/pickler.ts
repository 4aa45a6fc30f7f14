/** Writes pickles of protocols 0 to 5, as Python's `pickletools` describes their opcodes: fixtures, also malicious ones. */

/** A tuple; arrays are lists, maps are dicts. */
export class Tuple {
  constructor(readonly items: readonly Picklable[]) {}
}

/** A function or class by its name. */
export class Global {
  constructor(readonly module: string, readonly name: string) {}
}

/** A call: REDUCE by default; and what BUILD then gives the result as its state. */
export class Call {
  constructor(
    readonly callable: Picklable,
    readonly args: Tuple,
    readonly then: { readonly state?: Picklable; readonly by?: "R" | "\x81" } = {},
  ) {}
}

/** A persistent id. */
export class Persistent {
  constructor(readonly id: Picklable) {}
}

/** Opcodes as they stand. */
export class Raw {
  constructor(readonly bytes: Uint8Array) {}
}

/** What can be written. */
export type Picklable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Picklable[]
  | ReadonlyMap<Picklable, Picklable>
  | Tuple
  | Global
  | Call
  | Persistent
  | Raw;

/** Characters as bytes. */
export const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Parts in one row. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A whole number of so many bytes, little-endian. */
export function le(value: number | bigint, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
}

/** A pickle of a value, with STOP. */
export function pickle(value: Picklable, protocol = 2): Uint8Array<ArrayBuffer> {
  const writer = new Writer(protocol);
  writer.write(value);
  const body = concat([...writer.parts, latin(".")]);
  const frame = protocol >= 4 ? [latin("\x95"), le(body.length, 8)] : [];
  return concat([...(protocol >= 2 ? [Uint8Array.of(0x80, protocol)] : []), ...frame, body]);
}

class Writer {
  readonly parts: Uint8Array[] = [];
  readonly #memo = new Map<unknown, number>();

  constructor(readonly protocol: number) {}

  #add(...parts: (string | Uint8Array)[]): void {
    for (const part of parts) this.parts.push(typeof part === "string" ? latin(part) : part);
  }

  /** Remembers what is on top of the stack, as Python does of all but numbers. */
  #remember(value: unknown): void {
    const index = this.#memo.size;
    this.#memo.set(value, index);
    if (this.protocol >= 4) this.#add("\x94");
    else if (this.protocol === 0) this.#add(`p${index}\n`);
    else this.#add(...(index < 256 ? ["q", le(index, 1)] : ["r", le(index, 4)]));
  }

  write(value: Picklable): void {
    const known = this.#memo.get(value);
    if (known !== undefined) {
      if (this.protocol === 0) this.#add(`g${known}\n`);
      else this.#add(...(known < 256 ? ["h", le(known, 1)] : ["j", le(known, 4)]));
    } else if (value === null) this.#add("N");
    else if (typeof value === "boolean") {
      this.#add(this.protocol >= 2 ? (value ? "\x88" : "\x89") : value ? "I01\n" : "I00\n");
    } else if (typeof value === "number" || typeof value === "bigint") this.#number(value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) {
      if (this.protocol >= 3) this.#add("B", le(value.length, 4), value);
      else if (value.length === 0) this.write(new Call(new Global("__builtin__", "bytes"), new Tuple([])));
      else {
        const text = String.fromCharCode(...value);
        this.write(new Call(new Global("_codecs", "encode"), new Tuple([text, "latin1"])));
      }
    } else if (value instanceof Tuple) this.#tuple(value.items);
    else if (value instanceof Global) this.#global(value);
    else if (value instanceof Persistent) {
      this.write(value.id);
      this.#add("Q");
    } else if (value instanceof Raw) this.#add(value.bytes);
    else if (value instanceof Call) this.#call(value);
    else if (value instanceof Map) {
      this.#container(
        "}",
        "d",
        value,
        () => {
          this.#add("(");
          for (const [key, item] of value) {
            this.write(key);
            this.write(item);
          }
          this.#add("u");
        },
        value.size,
        () => {
          for (const [key, item] of value) {
            this.write(key);
            this.write(item);
            this.#add("s");
          }
        },
      );
    } else if (Array.isArray(value)) {
      this.#container(
        "]",
        "l",
        value,
        () => {
          this.#add("(");
          for (const item of value) this.write(item);
          this.#add("e");
        },
        value.length,
        () => {
          for (const item of value) {
            this.write(item);
            this.#add("a");
          }
        },
      );
    } else throw new TypeError(`${value}`);
  }

  /** Protocol 0 makes containers of a mark and fills them one by one; later ones have an opcode for each. */
  #container(
    empty: string,
    first: string,
    value: unknown,
    all: () => void,
    size: number,
    each: () => void,
  ): void {
    if (this.protocol > 0) this.#add(empty);
    else this.#add("(", first);
    this.#remember(value);
    if (size > 0) (this.protocol > 0 ? all : each)();
  }

  #number(value: number | bigint): void {
    if (typeof value === "number" && (!Number.isSafeInteger(value) || Object.is(value, -0))) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, value);
      if (this.protocol > 0) this.#add("G", bytes);
      else this.#add(`F${Object.is(value, -0) ? "-0.0" : value}\n`);
    } else if (this.protocol === 0) this.#add(typeof value === "bigint" ? `L${value}L\n` : `I${value}\n`);
    else if (value >= 0 && value < 256) this.#add("K", le(value, 1));
    else if (value >= 0 && value < 65536) this.#add("M", le(value, 2));
    else if (value >= -(2 ** 31) && value < 2 ** 31) this.#add("J", le(value, 4));
    else if (this.protocol >= 2) {
      const count = Math.ceil(BigInt(value).toString(16).length / 2) + 1;
      this.#add("\x8a", le(count, 1), le(value, count));
    } else this.#add(`L${value}L\n`);
  }

  #text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    if (this.protocol === 0) {
      const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
      this.#add(`V${value.replace(/\\|[^\x20-\xff]/g, escape)}\n`);
    } else if (this.protocol >= 4 && bytes.length < 256) this.#add("\x8c", le(bytes.length, 1), bytes);
    else this.#add("X", le(bytes.length, 4), bytes);
    this.#remember(value);
  }

  #tuple(items: readonly Picklable[]): void {
    if (this.protocol >= 2 && items.length <= 3) {
      for (const item of items) this.write(item);
      this.#add([")", "\x85", "\x86", "\x87"][items.length] ?? ")");
    } else {
      this.#add("(");
      for (const item of items) this.write(item);
      this.#add("t");
    }
  }

  #global(value: Global): void {
    if (this.protocol >= 4) {
      this.write(value.module);
      this.write(value.name);
      this.#add("\x93");
    } else this.#add(`c${value.module}\n${value.name}\n`);
    this.#remember(value);
  }

  #call({ callable, args, then: { by = "R", state } }: Call): void {
    this.write(callable);
    this.write(args);
    this.#add(by);
    if (state !== undefined) {
      this.write(state);
      this.#add("b");
    }
  }
}
