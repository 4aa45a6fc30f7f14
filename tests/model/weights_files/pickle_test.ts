import assert from "node:assert/strict";
import { printable } from "../../../cli/command.ts";
import { type PickleOptions, readPickle } from "../../../model/weights_files/pickle.ts";
import {
  PickleDict,
  PickleList,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "../../../model/weights_files/pickle_values.ts";
import { storageFromId, TORCH_GLOBALS } from "../../../model/weights_files/torch_globals.ts";
import {
  WeightsFileError,
  type WeightsFileErrorKind,
} from "../../../model/weights_files/weights_file_error.ts";
import {
  Call,
  concat,
  Global,
  latin,
  le,
  Persistent,
  type Picklable,
  pickle,
  Raw,
  Tuple,
} from "./pickler.ts";

const PROTOCOLS = [0, 1, 2, 3, 4, 5];
const options: PickleOptions = { globals: TORCH_GLOBALS, persistent: storageFromId };

/** What a value is in terms of the pickler. */
function plain(value: PickleValue): Picklable {
  if (value instanceof PickleDict) {
    return new Map([...value.entries].map(([key, item]) => [plain(key), plain(item)] as const));
  }
  if (value instanceof PickleList) return value.items.map(plain);
  if (value instanceof PickleTuple) return new Tuple(value.items.map(plain));
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  throw new TypeError("no plain value");
}

function assertRefused(
  bytes: Uint8Array,
  kind: WeightsFileErrorKind,
  message: RegExp,
  globals = options,
): void {
  assert.throws(() => readPickle(bytes, globals), (error) => {
    assert.ok(error instanceof WeightsFileError, `${error}`);
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    assert.equal(error.message, printable(error.message)); // No control characters.
    assert.ok(error.message.length < 800, error.message);
    return true;
  });
}

Deno.test("plain values are what Python wrote, in protocols 0 to 5", () => {
  const shared = ["a list that comes twice"];
  const value: Picklable = new Map<Picklable, Picklable>([
    ["numbers", [
      0,
      1,
      -1,
      255,
      256,
      65535,
      65536,
      2 ** 31 - 1,
      -(2 ** 31),
      2 ** 31,
      2 ** 53 - 1,
      2n ** 70n,
      -(2n ** 70n),
    ]],
    ["floats", [0.5, -1e300, 1e-300, -0]],
    ["others", [null, true, false]],
    ["texts", ["", "é \u4e2d \ud83d\ude00", "line\nbreak \\ '", "x".repeat(300)]],
    ["tuples", [
      new Tuple([]),
      new Tuple([1]),
      new Tuple([1, 2]),
      new Tuple([1, 2, 3]),
      new Tuple([1, 2, 3, "4"]),
    ]],
    ["bytes", [Uint8Array.of(0, 127, 128, 255), new Uint8Array(0)]],
    ["shared", [shared, shared]],
    [7, new Map()],
    ["many", Array.from({ length: 300 }, (_, i) => `${i}`)],
    ["again", Array.from({ length: 3 }, () => shared)],
  ]);
  for (const protocol of PROTOCOLS) {
    const bytes = pickle(value, protocol);
    const read = readPickle(concat([latin("xx"), bytes, latin("yy")]), options, 2);
    assert.equal(read.end, 2 + bytes.length);
    assert.deepEqual(plain(read.value), value, `protocol ${protocol}`);
  }
});

Deno.test("a pickle of Python 2, sets, Counter, NumPy's numbers and the rest of what training programs keep", () => {
  const read = (text: string) => readPickle(latin(text), options).value;
  assert.equal(read("S'a\\x41\\n\\'\\101'\np0\n."), "aA\n'A");
  assert.deepEqual([read("U\x03abc."), read("T\x03\x00\x00\x00abc.")], ["abc", "abc"]);
  assert.deepEqual([read("F1.5\n."), read("Finf\n."), read("L12L\n."), read("\x8b\x01\x00\x00\x00\xff.")], [
    1.5,
    Infinity,
    12,
    -1,
  ]);
  const pairs = read("ccollections\nOrderedDict\n((lp1\n(S'k'\nI1\ntp2\natRp3\n.");
  assert.deepEqual(plain(pairs), new Map([["k", 1]]));
  const set = read("\x80\x04\x8f\x94(K\x01K\x02\x90.");
  assert.ok(set instanceof PickleSet && set.items.join() === "1,2");
  const scalar = (type: string, order: string, bytes: Uint8Array) => {
    const dtype = new Call(new Global("numpy", "dtype"), new Tuple([type, false, true]), {
      state: new Tuple([3, order, null, null, null, -1, -1, 0]),
    });
    return new Call(new Global("numpy.core.multiarray", "scalar"), new Tuple([dtype, bytes]));
  };
  const half = Uint8Array.of(0, 0, 0, 0x3f);
  for (const protocol of PROTOCOLS) {
    assert.equal(readPickle(pickle(scalar("f4", "<", half), protocol), options).value, 0.5);
    assert.equal(readPickle(pickle(scalar("f4", ">", half.toReversed()), protocol), options).value, 0.5);
    const device = new Call(new Global("torch", "device"), new Tuple(["cpu"]));
    assert.equal(readPickle(pickle(device, protocol), options).value, "cpu");
  }
  assertRefused(pickle(scalar("O8", "|", half)), "refused", /NumPy's type "O8"/);
});

const system = new Global("os", "system");
const command = new Tuple(["touch /tmp/a-pickle-ran"]);

Deno.test("what names or calls anything else is refused by its name, wherever it is", () => {
  const nested = (value: Picklable) => new Map([["state_dict", new Map([["w", [new Tuple([value])]]])]]);
  const calls: readonly (readonly [Picklable, RegExp])[] = [
    [new Call(system, command), /names os\.system/],
    [system, /names os\.system/], // Named, and not called.
    [new Call(new Global("builtins", "eval"), new Tuple(["1"])), /names builtins\.eval/],
    [new Call(new Global("__builtin__", "eval"), new Tuple(["1"])), /names __builtin__\.eval/],
    [new Call(new Global("torch", "load"), command, { by: "\x81" }), /names torch\.load/],
    [
      new Call(new Global("torch.nn.modules.linear", "Linear"), new Tuple([])),
      /names torch\.nn\.modules\.linear\.Linear/,
    ],
    [new Call(new Global("argparse", "Namespace"), new Tuple([])), /names argparse\.Namespace/],
    [
      new Call(new Global("collections", "OrderedDict.fromkeys"), new Tuple([])),
      /names collections\.OrderedDict\.fromkeys/,
    ],
    [new Call(new Global("__proto__", "constructor"), new Tuple([])), /names __proto__\.constructor/],
    [new Call(new Global("a\x1b[2J", "b".repeat(900)), new Tuple([])), /names a \[2J\.b{100,}/],
    // Known globals, and not what they are for.
    [new Call(new Global("torch", "FloatStorage"), new Tuple([])), /calls torch\.FloatStorage/],
    [new Call(new Global("torch", "float32"), new Tuple([])), /calls a dtype/],
    [
      new Call(new Global("torch", "Size"), new Tuple([new Tuple([1])]), { state: new Map() }),
      /sets the state of/,
    ],
    [new Call("os.system", command), /calls a string/],
    [new Persistent(new Tuple(["module", "a", "b", "c"])), /persistent id of "module"/],
  ];
  for (const [value, message] of calls) {
    for (const protocol of PROTOCOLS) {
      assertRefused(pickle(value, protocol), "refused", message);
      assertRefused(pickle(nested(value), protocol), "refused", message);
    }
  }
  assert.throws(() => Deno.lstatSync("/tmp/a-pickle-ran"), Deno.errors.NotFound);
});

Deno.test("every opcode that makes an object, extension codes, persistent ids and buffers are refused", () => {
  const refusedBytes: readonly (readonly [string, RegExp])[] = [
    ["(S'touch x'\nios\nsystem\n.", /names os\.system/], // INST
    ["(cos\nsystem\nS'touch x'\no.", /names os\.system/], // OBJ
    ["(ctorch\nFloatStorage\nI1\no.", /calls torch\.FloatStorage/],
    ["(I1\nitorch\nFloatStorage\n.", /calls torch\.FloatStorage/],
    ["cos\nsystem\n(S'touch x'\ntR.", /names os\.system/],
    ["\x80\x04\x8c\x02os\x8c\x06system\x93.", /names os\.system/],
    ["\x80\x04\x8c\x02os\x94\x8c\x06system\x940\x94h\x00h\x01\x93.", /names os\.system/], // Through the memo.
    ["ccollections\nOrderedDict\n)}\x92.", /^Its pickle/], // NEWOBJ_EX without names is a call, with them is none.
    ["ccollections\nOrderedDict\n)}S'a'\nI1\ns\x92.", /named arguments/],
    ["}}b.", /sets the state of a dict/],
    ["]}b.", /sets the state of a list/],
    ["\x82\x01.", /extension code 1/],
    ["\x83\x01\x02.", /extension code 513/],
    ["\x84\x01\x00\x00\x00.", /extension code 1/],
    ["Pan id\n.", /persistent id of another kind/],
    ["S'an id'\nQ.", /persistent id of another kind/],
    ["\x97.", /buffer outside/],
    ["N\x98.", /buffer outside/],
    ["}I1\na.", /appends to a dict/],
    ["]I1\nI2\ns.", /sets items of a list/],
  ];
  for (const [text, message] of refusedBytes) {
    if (text.includes(")}\x92")) assert.ok(readPickle(latin(text), options).value instanceof PickleDict);
    else assertRefused(latin(text), "refused", message);
  }
  assertRefused(latin("(lQ."), "refused", /a persistent id/, { globals: TORCH_GLOBALS });
  const storage = "P('storage', <class 'torch.FloatStorage'>, '0', 'cpu', 3)\n."; // As protocol 0 writes it.
  assertRefused(latin(storage), "unsupported", /protocol 0.*without pickle_protocol=0/);
});

Deno.test("a damaged pickle ends in an error that says where", () => {
  const damagedBytes: readonly (readonly [string, RegExp])[] = [
    ["", /ends at byte 0/],
    [".", /empty stack/],
    ["K", /ends at byte 1/],
    ["\xff.", /byte 0 .* is 0xff, no opcode/],
    ["\x80\x06.", /protocol 6/],
    ["t.", /mark that it has not set/],
    ["h\x05.", /nothing as number 5/],
    ["Iabc\n.", /the number "abc"/],
    ["S'abc\n.", /quotation marks/],
    ["V\\U00110000\n.", /beyond Unicode/],
    ["(I1\nd.", /key without a value/],
    ["\x80\x04\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", /ends at byte/],
    ["X\xff\xff\xff\xff.", /ends at byte/],
    ["T\xff\xff\xff\xff.", /ends at byte/],
    ["\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", /a size of 18446744073709551615/],
    ["ccollections\nOrderedDict\nI1\nR.", /no tuple/],
    ["I1\nI2\n\x93.", /name is not text/],
    ["(o.", /of no class/],
    ["cnever ends", /no end of the line/],
    [`L${"1".repeat(2000)}\n.`, /no end of the line/],
    ["\x8b\xff\xff\xff\x7f", /2147483647 bytes/],
    ["c_codecs\nencode\n(S'a'\nS'rot13'\ntR.", /other arguments/],
  ];
  for (const [text, message] of damagedBytes) assertRefused(latin(text), "damaged", message);
});

Deno.test("a pickle made to fill the memory or to take forever is refused within a second", () => {
  const start = performance.now();
  const many = "too-large";
  assertRefused(new Uint8Array(3_000_000).fill(0x5d), many, /more than 1000000 operations/); // Lists.
  assertRefused(new Uint8Array(3_000_000).fill(0x28), many, /operations/); // Marks.
  // A large dict that a short loop of calls would copy each time.
  const entries = latin(Array.from({ length: 3000 }, (_, i) => `I${i}\nN`).join(""));
  const copies = latin("ccollections\nOrderedDict\nh\x00\x85R0".repeat(1000));
  assertRefused(concat([latin("}q\x00("), entries, latin("u0"), copies, latin(".")]), many, /operations/);
  const text = new Raw(
    concat([latin("X"), le(1 << 20, 4), new Uint8Array(1 << 20).fill(65), latin("q\x00")]),
  );
  const encodes = latin("c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R0".repeat(1000));
  assertRefused(concat([text.bytes, encodes, latin(".")]), many, /operations/);
  assert.ok(performance.now() - start < 10_000); // On a busy machine.
});
