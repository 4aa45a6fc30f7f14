/** Reads malformed weight files and compares the result with the format's rules, checked by separate code. */
import { decodeSafetensors, SafetensorsError, type SafetensorsFile } from "../../../model/safetensors.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { everySafetensors, largeSafetensors, randomSafetensors } from "./malformed_safetensors.ts";
import { checkSafetensors, type ValidFile } from "./safetensors_rules.ts";

/** Reading any file here should take far less. */
const MOST_MS = 5000;
/** Messages shorten what they quote from a file, so that they stay one paragraph. */
const MOST_CHARACTERS = 2000;
/** JavaScript heap bytes per byte of a header while it is parsed: entries, keys, numbers. */
const HEAP_PER_BYTE = 128;
const SLACK_BYTES = 32 << 20;

/** All trials: systematic changes of some valid files, large files, then random files. */
function* files(seed: number, count: number): Generator<Uint8Array> {
  let given = 0;
  for (const file of largeSafetensors()) {
    given++;
    yield file;
  }
  for (let i = 0; given < count / 3; i++) {
    for (const file of everySafetensors(seededRandom(seed + i))) {
      given++;
      yield file;
    }
  }
  const random = seededRandom(seed);
  for (; given < count; given++) yield randomSafetensors(random);
}

/** Describes what is wrong with the content that was read, or returns undefined. */
export function difference(read: SafetensorsFile, valid: ValidFile): string | undefined {
  if (read.tensors.size !== valid.tensors.size) return "a wrong number of tensors";
  for (const [name, { dtype, shape, bytes }] of valid.tensors) {
    const tensor = read.tensors.get(name);
    if (tensor === undefined) return `no tensor ${name}`;
    const { buffer, byteOffset, byteLength } = tensor.data;
    const equal = tensor.dtype === dtype && tensor.shape.length === shape.length &&
      shape.every((size, i) => tensor.shape[i] === size) && byteLength === bytes.length;
    const actual = new Uint8Array(buffer, byteOffset, byteLength);
    if (!equal || !bytes.every((byte, i) => actual[i] === byte)) return `a wrong tensor ${name}`;
  }
  const keys = Object.keys(read.metadata);
  const same = keys.length === valid.metadata.size &&
    keys.every((key) => read.metadata[key] === valid.metadata.get(key));
  return same ? undefined : "other metadata";
}

/** Describes why a message is not one paragraph: too long, or with control characters; or returns undefined. */
export function faultOf(message: string): string | undefined {
  if (message.length > MOST_CHARACTERS) return `a message of ${message.length} characters`;
  // deno-lint-ignore no-control-regex
  return /[\u0000-\u001f\u007f-\u009f]/.test(message) ? "a message with control characters" : undefined;
}

/** Describes how a file breaks the promise, or returns the kind of its correct error, or "valid". */
export function tryFile(file: Uint8Array): { broken?: string; kind: string } {
  const valid = checkSafetensors(file);
  const before = Deno.memoryUsage();
  let read: SafetensorsFile;
  try {
    read = decodeSafetensors(file);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) return { broken: `it throws ${error}`.slice(0, 200), kind: "" };
    if (valid) return { broken: `it is refused (${error.message.slice(0, 200)})`, kind: error.kind };
    return { broken: faultOf(error.message), kind: error.kind };
  }
  const after = Deno.memoryUsage();
  if (after.heapUsed - before.heapUsed > HEAP_PER_BYTE * file.length + SLACK_BYTES) {
    return { broken: `it takes ${after.heapUsed - before.heapUsed} bytes`, kind: "valid" };
  }
  if (!valid) return { broken: "it is taken for valid", kind: "valid" };
  return { broken: difference(read, valid), kind: "valid" };
}

/** The torture. */
export const torture: Torture = {
  promise:
    "A safetensors file is read as the format says, or refused with a reason; time and memory are bounded by its size",
  run({ short, seed, say, progress }) {
    const trials = short ? 20_000 : 200_000;
    const kinds = new Map<string, number>();
    let [done, wrong, hangs, slowest] = [0, 0, 0, 0];
    for (const file of files(seed, trials)) {
      const start = performance.now();
      const { broken, kind } = tryFile(file);
      slowest = Math.max(slowest, performance.now() - start);
      if (performance.now() - start > MOST_MS) {
        hangs++;
        say(`file ${done} took ${Math.round(performance.now() - start)} ms`);
      }
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (broken !== undefined && ++wrong <= 10) {
        say(
          `file ${done} (${file.length} bytes): ${broken}: ${new TextDecoder().decode(file.slice(8, 160))}`,
        );
      }
      if (++done % 1000 === 0) progress(done, trials);
    }
    const figures = [...kinds].map(([kind, count]) => `${kind} ${count}`).sort().join(", ");
    return Promise.resolve({
      trials: done,
      losses: 0,
      hangs,
      wrong,
      figures: `${figures}; slowest ${Math.round(slowest)} ms`,
    });
  },
};
