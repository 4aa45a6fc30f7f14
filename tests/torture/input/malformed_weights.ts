/** Files of PyTorch and TensorFlow.js that are damaged or malicious in many ways, and some valid ones. */
import { latin, le, type Picklable, pickle } from "../../model/weights_files/pickler.ts";
import { Call, concat, Global, Raw, Tuple } from "../../model/weights_files/pickler.ts";
import {
  stateDict,
  type Storage,
  tensor,
  torchStream,
  torchZip,
  zipArchive,
} from "../../model/weights_files/torch_writer.ts";
import type { SeededRandom } from "../../reference/seeded_random.ts";
import { pick } from "./malformed_safetensors.ts";

/** A file, with the shards of a layers model. */
export interface WeightsTrial {
  readonly file: Uint8Array;
  readonly shards: ReadonlyMap<string, Uint8Array>;
}

const NO_SHARDS: WeightsTrial["shards"] = new Map();

/** What attackers put into pickles, as opcodes; `COMMAND` would leave a file. */
const COMMAND = "touch a-pickle-ran";
const PAYLOADS = [
  `cos\nsystem\n(S'${COMMAND}'\ntR`,
  `(S'${COMMAND}'\nios\nsystem\n`,
  `(cos\nsystem\nS'${COMMAND}'\no`,
  `c__builtin__\neval\n(S'1'\ntR`,
  `\x8c\x08builtins\x8c\x04exec\x93(S'1'\ntR`,
  `cbuiltins\ngetattr\n(cos\npath\nS'x'\ntR`,
  `ctorch\nload\n(S'x'\nt\x81`,
  `ccollections\nOrderedDict\n(S'x'\ntR}b`,
  `ctorch\nSize\n)R}b`,
  `ctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtR`,
  `c_codecs\nencode\n(S'x'\nS'rot13'\ntR`,
  "\x82\x01",
  "\x84\xff\xff\xff\x7f",
  "Pid\n",
  "NQ",
  "\x97",
  "\x98",
].map(latin);

/** Every byte that is an opcode. */
const OPCODES = latin(
  "().012FGIJKLMNPQRSTUVXabcdeghijlopqrstu]}BC\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98",
);

const DTYPES = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "C64"] as const;

/** A state_dict with what a training program keeps beside it, and its storages. */
function checkpoint(random: SeededRandom): { value: Picklable; storages: Storage[] } {
  const storages = Array.from({ length: 1 + random.integer(3) }, (_, i): Storage => ({
    key: `${i}`,
    dtype: pick(random, DTYPES),
    bytes: Uint8Array.from({ length: 48 }, () => random.integer(256)),
  }));
  const entries = Array.from({ length: 1 + random.integer(4) }, (_, i) => {
    const shape = Array.from({ length: random.integer(3) }, () => random.integer(3));
    return [
      `layer${i}.weight`,
      tensor(pick(random, storages), shape, { offset: random.integer(2) }),
    ] as const;
  });
  const state = stateDict(entries);
  if (random.integer(2) === 0) return { value: state, storages };
  const dtype = new Call(new Global("numpy", "dtype"), new Tuple(["f8", false, true]), {
    state: new Tuple([3, "<", null, null, null, -1, -1, 0]),
  });
  const rank1 = new Call(
    new Global("numpy.core.multiarray", "scalar"),
    new Tuple([dtype, new Uint8Array(8)]),
  );
  const rows: [Picklable, Picklable][] = [["epoch", 3], ["state_dict", state], ["rank1", rank1], ["rates", [
    0.1,
    2 ** 40,
  ]]];
  return { value: new Map(rows), storages };
}

/** Changes bytes of a file or of a pickle. */
const MUTATIONS: ((bytes: Uint8Array, random: SeededRandom) => Uint8Array)[] = [
  (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  (bytes, random) => {
    const changed = bytes.slice();
    for (let i = 1 + random.integer(3); i > 0; i--) {
      const at = random.integer(changed.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
    }
    return changed;
  },
  (bytes, random) => replaced(bytes, random.integer(bytes.length), Uint8Array.of(random.integer(256))),
  (bytes, random) => replaced(bytes, random.integer(bytes.length), Uint8Array.of(pick(random, [...OPCODES]))),
  (bytes, random) => {
    const opcodes = Uint8Array.from({ length: 1 + random.integer(4) }, () => pick(random, [...OPCODES]));
    return inserted(bytes, random.integer(bytes.length + 1), opcodes);
  },
  (bytes, random) => inserted(bytes, random.integer(bytes.length + 1), pick(random, PAYLOADS)),
  (bytes, random) => {
    // A number that is read as a size, an offset or an index.
    const size = pick(random, [
      0,
      1,
      255,
      65535,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 53,
      2n ** 63n,
      2n ** 64n - 1n,
    ]);
    return replaced(bytes, random.integer(bytes.length), le(size, pick(random, [2, 4, 8])));
  },
  (bytes, random) => {
    const [from, to] = [random.integer(bytes.length + 1), random.integer(bytes.length + 1)];
    return concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
];

function replaced(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  return concat([bytes.subarray(0, at), by, bytes.subarray(Math.min(bytes.length, at + by.length))]).subarray(
    0,
    bytes.length,
  );
}

function inserted(bytes: Uint8Array, at: number, what: Uint8Array): Uint8Array {
  return concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let changed = bytes;
  for (let i = random.integer(3); i > 0 && changed.length > 0; i--) {
    changed = pick(random, MUTATIONS)(changed, random);
  }
  return changed;
}

/** A layers model, whose JSON and shard may be changed. */
function layersModel(random: SeededRandom): WeightsTrial {
  const quantizations = [undefined, { dtype: "uint8", scale: 0.1, min: 0 }, { dtype: "float16" }, {
    dtype: "uint16",
    scale: 2,
    min: -1,
  }];
  const weights = Array.from({ length: 1 + random.integer(3) }, (_, i) => {
    return {
      name: `w${i}`,
      shape: [random.integer(4)],
      dtype: pick(random, ["float32", "int32", "bool"]),
      quantization: pick(random, quantizations),
    };
  });
  const json = JSON.stringify({ format: "layers-model", weightsManifest: [{ paths: ["a.bin"], weights }] });
  const shard = new Uint8Array(random.integer(48));
  return { file: mutated(latin(json), random), shards: new Map([["a.bin", shard]]) };
}

/** A random file: most are changed inside the pickle, so that the archive around it is whole. */
export async function randomWeights(random: SeededRandom): Promise<WeightsTrial> {
  const form = random.integer(10);
  if (form === 9) return layersModel(random);
  const { value, storages } = checkpoint(random);
  const protocol = random.integer(6);
  // STOP is the pickler's: a pickle inside of one would end it early.
  const inner = () => new Raw(mutated(pickle(value, protocol).slice(0, -1), random));
  if (form < 4) return { file: torchStream(inner(), storages, protocol), shards: NO_SHARDS };
  if (form < 7) {
    const entries = new Map([
      ["a/data.pkl", mutated(pickle(value, protocol), random)],
      ...storages.map(({ key, bytes }) => [`a/data/${key}`, bytes] as const),
    ]);
    return { file: await zipArchive(entries, { zip64: random.integer(4) === 0 }), shards: NO_SHARDS };
  }
  if (form === 7) return { file: mutated(torchStream(value, storages, protocol), random), shards: NO_SHARDS };
  const whole = await torchZip(value, storages, {
    protocol,
    deflated: random.integer(8) === 0,
    zip64: random.integer(3) === 0,
  });
  return { file: mutated(whole, random), shards: NO_SHARDS };
}

/** Files made to take memory or time, each of a few megabytes at most. */
export async function* largeWeights(): AsyncGenerator<WeightsTrial> {
  const zipped = async (pickled: Uint8Array) => ({
    file: await zipArchive(new Map([["a/data.pkl", pickled]])),
    shards: NO_SHARDS,
  });
  const repeat = (opcodes: string, count: number) => latin(opcodes.repeat(count));
  const many = 1_200_000;
  for (const opcodes of ["]", "(", "}", ")", "N", "\x8f"]) yield await zipped(repeat(opcodes, many));
  yield await zipped(concat([latin("N"), repeat("\x85", many), latin(".")])); // Tuples in tuples.
  yield await zipped(concat([latin("]"), repeat("2a", many / 2), latin(".")])); // A list of itself.
  yield await zipped(concat([repeat("]", 200_000), repeat("a", 199_999), latin(".")])); // Lists in lists.
  yield await zipped(concat([latin("}q\x00"), repeat("X\x01\x00\x00\x00kh\x00s", 100_000), latin(".")]));
  // Doubles at every step, were it not for the memo.
  yield await zipped(
    concat([
      latin("]q\x00"),
      ...Array.from(
        { length: 250 },
        (_, i) =>
          concat([latin("]q"), le(i + 1, 1), latin("(h"), le(i, 1), latin("h"), le(i, 1), latin("e")]),
      ),
      latin("."),
    ]),
  );
  const storage: Storage = { key: "0", dtype: "F32", bytes: new Uint8Array(1 << 20) };
  const views = Array.from({ length: 2000 }, (_, i) => [`w${i}`, tensor(storage, [1 << 18])] as const);
  yield { file: await torchZip(stateDict(views), [storage]), shards: NO_SHARDS };
  const spread = tensor(storage, [2 ** 20, 2 ** 20], { strides: [0, 0] });
  yield { file: torchStream(stateDict([["w", spread]]), [storage]), shards: NO_SHARDS };
  const bomb: Storage = { key: "0", dtype: "U8", bytes: new Uint8Array(90 << 20) };
  yield {
    file: await torchZip(stateDict([["w", tensor(bomb, [90 << 20])]]), [bomb], { deflated: true }),
    shards: NO_SHARDS,
  };
  const deep = `{"weightsManifest":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  yield { file: latin(deep), shards: NO_SHARDS };
}
