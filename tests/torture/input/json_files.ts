/** Settings files of a run, the tuner or an ablation that were changed after they were written. */
import { dirname, join } from "node:path";
import { printable } from "../../../cli/command.ts";
import { parseTrainFlags } from "../../../cli/train_flags.ts";
import { parseChoices } from "../../../kernels/mod.ts";
import { encodeSafetensors, type SafetensorsTensor } from "../../../model/safetensors.ts";
import { CHECKPOINT_FORMAT, decodeTrainedModel, ModelFileError } from "../../../model/trained_model.ts";
import { DataError } from "../../../data/errors.ts";
import { readManifest, type Shard } from "../../../embed/manifest.ts";
import { readCell } from "../../../train/ablation/cell_files.ts";
import { loadCheckpoint } from "../../../train/checkpoint_files.ts";
import { RunError } from "../../../train/errors.ts";
import { readConfig } from "../../../train/run_folder.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { pick } from "./malformed_safetensors.ts";
import { notParagraph } from "./paragraph.ts";

const text = new TextEncoder();

const DEEP = 50_000;
/** Valid and invalid JSON texts. */
const VALUES = [
  ...'null true false 0 -1 0.5 1e308 1e309 -0 9007199254740993 [] {} [[]] {"a":1} "" "hard" "__proto__"'
    .split(" "),
  '{"__proto__":{"loss":"hard"}}',
  '"\\u0000\\u001b[2J"',
  `"${"x".repeat(10_000)}"`,
  "[".repeat(DEEP) + "]".repeat(DEEP),
  "NaN",
  "",
];

const MODEL = {
  width: 0.35,
  imageHeight: 32,
  imageWidth: 32,
  embeddingSize: 8,
  neck: "none",
  testFeature: "before",
  normalize: true,
  identities: 3,
  padding: "same",
  epsilon: 1e-3,
  momentum: 0.9,
  color: "signed",
};

/** The JSON of a record with one change: a field, a field's name, or a piece of the text. */
function changed(record: object, random: SeededRandom): string {
  const fields = Object.entries(record).map(([key, value]) => [JSON.stringify(key), JSON.stringify(value)]);
  for (let count = random.integer(3); count > 0 && fields.length > 0; count--) {
    const field = pick(random, fields);
    const kind = random.integer(5);
    if (kind === 0) field[0] = JSON.stringify(pick(random, ["__proto__", "constructor", "", "x"]));
    else if (kind === 1) fields.splice(fields.indexOf(field), 1);
    else field[1] = pick(random, VALUES);
  }
  const whole = `{${fields.map((field) => field.join(":")).join(",")}}`;
  switch (random.integer(8)) {
    case 0:
      return pick(random, VALUES);
    case 1:
      return whole.slice(0, random.integer(whole.length + 1));
    case 2: {
      const at = random.integer(whole.length);
      return whole.slice(0, at) + pick(random, ["{", "}", '"', ",", "\u0000", "\ufeff", "é"]) +
        whole.slice(at + 1);
    }
    default:
      return whole;
  }
}

const MANIFEST = {
  format: "webgpu-reid vectors 1",
  model: "a",
  embeddingSize: 8,
  flip: false,
  images: 3,
  fingerprint: "b",
  shardSize: 2,
};

/** The shards of a manifest, one of them modified. */
function shards(random: SeededRandom): string {
  const shard = (index: number): Shard => ({
    index,
    vectors: 2 - index,
    files: [{ name: `v.parquet/part-0000${index}.parquet`, bytes: 100, sha256: "0".repeat(64) }],
    failed: [["a.jpg", "empty file"]],
  });
  const name = pick(random, [
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "",
    "a\\..\\b",
    "\u0000",
    "v.parquet",
  ]);
  const files = pick(random, [[{ ...shard(1).files[0], name }], [], [null], "files", shard(1).files]);
  const second = changed({ ...shard(1), files }, random);
  return `"shards":[${[JSON.stringify(shard(0)), second].slice(random.integer(2))}]`;
}

function requireWithin(folder: string, path: string): void {
  if (!path.startsWith(`${folder}/`)) throw new Error(`${path} lies outside of ${folder}`);
}

/** A reader, the file that it reads, and the error that it may throw. */
interface Reader {
  readonly name: string;
  file(random: SeededRandom): Uint8Array;
  read(path: string): unknown;
  readonly errors: readonly (new (...args: never[]) => Error)[];
}

const options = parseTrainFlags([]).options;

function checkpoint(random: SeededRandom): Uint8Array {
  const empty: SafetensorsTensor = { dtype: "F32", shape: [0, 4], data: new Float32Array() };
  const tensors = new Map([["history", empty], ["stem.weight", {
    ...empty,
    shape: [1],
    data: new Float32Array(1),
  }]]);
  return encodeSafetensors(tensors, {
    format: CHECKPOINT_FORMAT,
    step: pick(random, ["0", "0", "0", "-1", "", "1e3", "NaN"]),
    model: changed(MODEL, random),
    options: changed(options, random),
    variants: pick(random, ["{}", "[]", '{"__proto__":1}', '{"matmul 1×1×1 none":"register"}', "null", "{"]),
  });
}

const READERS: readonly Reader[] = [
  {
    name: "config.json",
    file: (random) =>
      text.encode(
        changed({ options: 0, data: "people", weights: "w" }, random).replace(
          '"options":0',
          `"options":${changed(options, random)}`,
        ),
      ),
    read: (path) => readConfig(join(path, "..")),
    errors: [RunError],
  },
  { name: "checkpoint.safetensors", file: checkpoint, read: loadCheckpoint, errors: [RunError] },
  {
    name: "model.safetensors",
    file: checkpoint,
    read: (path) => decodeTrainedModel(Deno.readFileSync(path)),
    errors: [ModelFileError],
  },
  {
    name: "variants.json",
    file: (random) => text.encode(changed({ "matmul 1×1×1 none": "register", "__proto__": "x" }, random)),
    // The tuner's cache is read in this way; after any error kernels are timed again.
    read: (path) => parseChoices(JSON.parse(Deno.readTextFileSync(path))),
    errors: [Error],
  },
  {
    name: "v.parquet.manifest.json",
    file: (random) =>
      text.encode(changed({ ...MANIFEST, shards: 0 }, random).replace('"shards":0', shards(random))),
    read: async (path) => {
      const manifest = await readManifest(path.replace(/\.manifest\.json$/, ""));
      // A reader of vectors looks at the files of every shard.
      for (const { files } of manifest!.shards) {
        for (const { name } of files) requireWithin(dirname(path), join(dirname(path), name));
      }
    },
    errors: [DataError],
  },
  {
    name: "cell.json",
    file: (random) => text.encode(changed({ code: "a", data: "b", options, result: { scores: {} } }, random)),
    read: readCell,
    errors: [],
  },
];

/** The torture. */
export const torture: Torture = {
  promise: "Any settings file is read, or refused with a reason",
  async run({ short, seed, say, progress }) {
    const trials = short ? 5000 : 50_000;
    const random = seededRandom(seed);
    const folder = await Deno.makeTempDir({ prefix: "json-" });
    let [wrong, taken] = [0, 0];
    try {
      for (let trial = 0; trial < trials; trial++) {
        const { name, file, read, errors } = pick(random, READERS);
        const path = join(folder, name);
        const bytes = file(random);
        Deno.writeFileSync(path, bytes);
        let fault: string | undefined;
        try {
          await read(path);
          taken++;
        } catch (error) {
          if (!errors.some((kind) => error instanceof kind)) fault = `it throws ${error}`;
          else fault = notParagraph(printable((error as Error).message));
        }
        if (fault !== undefined) {
          wrong++;
          say(`trial ${trial}, ${name}: ${fault.slice(0, 300)}`);
        }
        if (trial % 500 === 0) progress(trial, trials);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    return {
      trials,
      losses: 0,
      hangs: 0,
      wrong,
      figures: `${READERS.length} kinds of files, ${taken} taken`,
    };
  },
};
