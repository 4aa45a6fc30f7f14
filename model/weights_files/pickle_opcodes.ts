/** Every opcode of pickle's protocols 0 to 5, by Python's `pickletools`. */
import { quoted } from "../safetensors_json.ts";
import { type ByteReader, latin1 } from "./byte_reader.ts";
import { fill, named, type PickleMachine } from "./pickle_machine.ts";
import { codeOf, decimalInteger, littleEndianInteger, rawUnicode, unquoted } from "./pickle_text.ts";
import { PickleDict, PickleList, PickleSet, PickleTuple, type PickleValue } from "./pickle_values.ts";
import { damaged, refused } from "./weights_file_error.ts";

/** Characters of a name or a number on a line, and of one with any text. */
const MOST_NAME = 1000, MOST_LINE = 1 << 20;
/** Bytes of a whole number. */
const MOST_INTEGER_BYTES = 1024;
const NEWEST_PROTOCOL = 5;

/** An opcode: what it does to the machine. */
export type Operation = (machine: PickleMachine) => void;

function text(value: PickleValue): string {
  if (typeof value === "string") return value;
  throw damaged("the pickle has a global whose name is not text");
}

function tuple(value: PickleValue): readonly PickleValue[] {
  if (value instanceof PickleTuple) return value.items;
  throw damaged("the pickle calls something with arguments that are no tuple");
}

function list(items: readonly PickleValue[]): PickleList {
  const made = new PickleList();
  for (const item of items) made.items.push(item);
  return made;
}

function dict(items: readonly PickleValue[]): PickleDict {
  const made = new PickleDict();
  fill(made, items);
  return made;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** Ends a pickle. */
export const STOP = codeOf(".");
/** Pushes what a function reads from the input. */
const push = (read: (input: ByteReader) => PickleValue): Operation => (m) => m.push(read(m.input));
/** Replaces the uppermost values by a tuple of them. */
const tupleOf = (count: number): Operation => (m) =>
  m.push(new PickleTuple(Array.from({ length: count }, () => m.pop()).reverse()));
const extension = (read: (input: ByteReader) => number): Operation => (m) => {
  throw refused(`has the extension code ${read(m.input)}`);
};
const outOfBand: Operation = () => {
  throw refused("has a buffer outside of the file");
};

/** Every opcode but STOP, by its byte. */
export const OPERATIONS: Readonly<Record<number, Operation>> = {
  // Protocol and frames.
  0x80: ({ input }) => {
    const protocol = input.u8();
    if (protocol > NEWEST_PROTOCOL) {
      throw damaged(`the pickle is of protocol ${protocol}, and 5 is the newest`);
    }
  },
  0x95: ({ input }) => {
    const size = input.size(), begin = input.at;
    input.bytes(size); // A frame must fit; what is in it is read as without.
    input.at = begin;
  },
  // Constants and numbers.
  [codeOf("N")]: (m) => m.push(null),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  [codeOf("I")]: push((input) => {
    const line = input.line(MOST_NAME);
    return line === "00" ? false : line === "01" ? true : decimalInteger(line);
  }),
  [codeOf("L")]: push((input) => decimalInteger(input.line(MOST_NAME))),
  [codeOf("J")]: push((input) => input.i32()),
  [codeOf("K")]: push((input) => input.u8()),
  [codeOf("M")]: push((input) => input.u16()),
  0x8a: push((input) => littleEndianInteger(input.bytes(input.u8()))),
  0x8b: push((input) => {
    const count = input.i32();
    if (count > MOST_INTEGER_BYTES) throw damaged(`the pickle has a whole number of ${count} bytes`);
    return littleEndianInteger(input.bytes(count));
  }),
  [codeOf("F")]: push((input) => {
    const line = input.line(MOST_NAME).trim();
    const value = /^[+-]?(inf|nan)$/i.test(line)
      ? (/nan/i.test(line) ? NaN : line.startsWith("-") ? -Infinity : Infinity)
      : Number(line === "" ? "-" : line);
    if (Number.isNaN(value) && !/nan/i.test(line)) throw damaged(`the pickle has the number ${quoted(line)}`);
    return value;
  }),
  [codeOf("G")]: push((input) => input.f64BigEndian()),
  // Texts and bytes. Python 2's strings are read as Latin-1: names are ASCII.
  [codeOf("S")]: push((input) => unquoted(input.line(MOST_LINE))),
  [codeOf("T")]: push((input) => latin1(input.bytes(input.i32()))),
  [codeOf("U")]: push((input) => latin1(input.bytes(input.u8()))),
  [codeOf("V")]: push((input) => rawUnicode(input.line(MOST_LINE))),
  [codeOf("X")]: push((input) => utf8.decode(input.bytes(input.u32()))),
  0x8c: push((input) => utf8.decode(input.bytes(input.u8()))),
  0x8d: push((input) => utf8.decode(input.bytes(input.size()))),
  [codeOf("C")]: push((input) => input.bytes(input.u8())),
  [codeOf("B")]: push((input) => input.bytes(input.u32())),
  0x8e: push((input) => input.bytes(input.size())),
  0x96: push((input) => input.bytes(input.size())),
  0x97: outOfBand,
  0x98: outOfBand,
  // Containers.
  [codeOf(")")]: (m) => m.push(new PickleTuple([])),
  [codeOf("t")]: (m) => m.push(new PickleTuple(m.popMark())),
  0x85: tupleOf(1),
  0x86: tupleOf(2),
  0x87: tupleOf(3),
  [codeOf("]")]: (m) => m.push(new PickleList()),
  [codeOf("l")]: (m) => m.push(list(m.popMark())),
  [codeOf("a")]: (m) => {
    const value = m.pop();
    m.append([value]);
  },
  [codeOf("e")]: (m) => {
    const values = m.popMark();
    m.append(values);
  },
  [codeOf("}")]: (m) => m.push(new PickleDict()),
  [codeOf("d")]: (m) => m.push(dict(m.popMark())),
  [codeOf("s")]: (m) => {
    const value = m.pop(), key = m.pop();
    m.setItems([key, value]);
  },
  [codeOf("u")]: (m) => {
    const values = m.popMark();
    m.setItems(values);
  },
  0x8f: (m) => m.push(new PickleSet()),
  0x90: (m) => {
    const values = m.popMark(), set = m.top();
    if (!(set instanceof PickleSet)) throw refused(`adds items to ${named(set)}`);
    for (const value of values) set.items.push(value);
  },
  0x91: (m) => {
    const frozen = new PickleSet();
    for (const value of m.popMark()) frozen.items.push(value);
    m.push(frozen);
  },
  // The stack and the memo.
  [codeOf("0")]: (m) => m.discard(),
  [codeOf("1")]: (m) => m.popMark(),
  [codeOf("2")]: (m) => m.push(m.top()),
  [codeOf("(")]: (m) => m.mark(),
  [codeOf("g")]: (m) => m.get(Number(decimalInteger(m.input.line(MOST_NAME)))),
  [codeOf("h")]: (m) => m.get(m.input.u8()),
  [codeOf("j")]: (m) => m.get(m.input.u32()),
  [codeOf("p")]: (m) => m.put(Number(decimalInteger(m.input.line(MOST_NAME)))),
  [codeOf("q")]: (m) => m.put(m.input.u8()),
  [codeOf("r")]: (m) => m.put(m.input.u32()),
  0x94: (m) => m.put(m.memo.size),
  // What names and calls things in Python.
  [codeOf("c")]: (m) => {
    const module = m.input.line(MOST_NAME);
    m.push(m.global(module, m.input.line(MOST_NAME)));
  },
  0x93: (m) => {
    const name = text(m.pop()), module = text(m.pop());
    m.push(m.global(module, name));
  },
  [codeOf("R")]: (m) => {
    const args = tuple(m.pop());
    m.push(m.call(m.pop(), args));
  },
  0x81: (m) => {
    const args = tuple(m.pop());
    m.push(m.call(m.pop(), args));
  },
  0x92: (m) => {
    const named = m.pop(), args = tuple(m.pop());
    if (!(named instanceof PickleDict) || named.entries.size > 0) {
      throw refused("calls a class with named arguments");
    }
    m.push(m.call(m.pop(), args));
  },
  [codeOf("i")]: (m) => {
    const module = m.input.line(MOST_NAME);
    const callable = m.global(module, m.input.line(MOST_NAME));
    m.push(m.call(callable, m.popMark()));
  },
  [codeOf("o")]: (m) => {
    const [callable, ...args] = m.popMark();
    if (callable === undefined) throw damaged("the pickle makes an object of no class");
    m.push(m.call(callable, args));
  },
  [codeOf("b")]: (m) => m.build(),
  [codeOf("P")]: (m) => m.persistent(m.input.line(MOST_NAME)),
  [codeOf("Q")]: (m) => m.persistent(m.pop()),
  0x82: extension((input) => input.u8()),
  0x83: extension((input) => input.u16()),
  0x84: extension((input) => input.i32()),
};
