/** Reads damaged and malicious files of PyTorch and TensorFlow.js. */
import { SAFETENSORS_BITS, SafetensorsError } from "../../../model/safetensors.ts";
import { readWeights, type WeightsFile } from "../../../model/weights_files/read_weights.ts";
import { WeightsFileError } from "../../../model/weights_files/weights_file_error.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { largeWeights, randomWeights, type WeightsTrial } from "./malformed_weights.ts";
import { notParagraph } from "./paragraph.ts";

/** Reading any file here should take far less. */
const MOST_MS = 10_000;
/** Bytes of memory beyond the file: the limit of operations, and what an unpacked file may take. */
const MOST_BYTES = 1 << 30;

async function* files(seed: number, count: number): AsyncGenerator<WeightsTrial> {
  let given = 0;
  for await (const file of largeWeights()) {
    given++;
    yield file;
  }
  const random = seededRandom(seed);
  for (; given < count; given++) yield await randomWeights(random);
}

/** Says what is wrong with what was read. */
function inconsistency({ tensors }: WeightsFile): string | undefined {
  for (const [name, { dtype, shape, data }] of tensors) {
    const count = shape.reduce((product, length) => product * length, 1);
    if (data.byteLength !== count * SAFETENSORS_BITS[dtype] / 8) {
      return `the tensor ${name} has other bytes than numbers`;
    }
  }
  return undefined;
}

/** Describes how a file breaks the promise, or returns the kind of its error, or "read". */
export async function tryWeights(
  { file, shards }: WeightsTrial,
): Promise<{ broken?: string | undefined; kind: string }> {
  const shard = (path: string) => {
    const bytes = shards.get(path);
    return bytes === undefined
      ? Promise.reject(new WeightsFileError("damaged", "There is no such file."))
      : Promise.resolve(bytes);
  };
  const before = Deno.memoryUsage().rss;
  try {
    const read = await readWeights(file, shard);
    return { broken: inconsistency(read), kind: "read" };
  } catch (error) {
    if (error instanceof WeightsFileError) return { broken: notParagraph(error.message), kind: error.kind };
    if (error instanceof SafetensorsError) {
      return { broken: notParagraph(error.message), kind: "unknown format" };
    }
    return { broken: `it throws ${error}`.slice(0, 200), kind: "" };
  } finally {
    const grown = Deno.memoryUsage().rss - before - file.length;
    // deno-lint-ignore no-unsafe-finally
    if (grown > MOST_BYTES) return { broken: `it takes ${grown} bytes`, kind: "" };
  }
}

/** The torture. */
export const torture: Torture = {
  promise:
    "Any file in place of PyTorch's or TensorFlow.js' weights is read, or refused with a reason; nothing in it runs; time and memory are bounded",
  async run({ short, seed, say, progress }) {
    const trials = short ? 5000 : 20_000;
    const kinds = new Map<string, number>();
    let [done, wrong, hangs, slowest] = [0, 0, 0, 0];
    for await (const trial of files(seed, trials)) {
      const start = performance.now();
      const { broken, kind } = await tryWeights(trial);
      const took = performance.now() - start;
      slowest = Math.max(slowest, took);
      if (took > MOST_MS) {
        hangs++;
        say(`file ${done} took ${Math.round(took)} ms`);
      }
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (broken !== undefined && ++wrong <= 10) say(`file ${done} (${trial.file.length} bytes): ${broken}`);
      if (++done % 500 === 0) progress(done, trials);
    }
    const figures = [...kinds].map(([kind, count]) => `${kind} ${count}`).sort().join(", ");
    return {
      trials: done,
      losses: 0,
      hangs,
      wrong,
      figures: `${figures}; slowest ${Math.round(slowest)} ms`,
    };
  },
};
