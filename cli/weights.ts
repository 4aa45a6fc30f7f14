/** `deno task weights`: lists, checks and converts files of weights, and fetches them. */
import { basename } from "node:path";
import { takeInventory } from "../model/pretrained/inventory.ts";
import { sha256 } from "../train/checksum.ts";
import { RunError } from "../train/errors.ts";
import { asSafetensors, readWeightsFile, refuseOwnFile, type WeightsOnDisk } from "../train/weights_file.ts";
import { EXIT, runCommand } from "./command.ts";
import { type FlagTable, parseFlags, UsageError } from "./flags.ts";
import { refuseExisting, writeOutput } from "./output.ts";
import { CACHE_FLAG, JSON_FLAG } from "./shared_flags.ts";
import { digestInName, parseDigest, requireDigest } from "./weights/digest.ts";
import { shown } from "./weights/download.ts";
import { fetchWeights } from "./weights/fetched.ts";
import { type Listing, listingJson, listingText, warnings } from "./weights/listing.ts";

const COMMAND = {
  usage: "deno task weights",
  argument: "file",
  summary:
    "Lists the tensors of a file of weights, tells which of them deno task train --weights takes, checks them, and " +
    "writes them as safetensors. Reads safetensors, PyTorch's .pth and .pt (no code in them runs), and TensorFlow.js " +
    "layers models (model.json).",
  examples: [
    ["deno task weights mobilenet_v2.pth", "what is in it, and what of it is used"],
    [
      "deno task weights https://download.pytorch.org/models/mobilenet_v2-7ebf99e0.pth --out mobilenet_v2.safetensors",
      "fetch, check and convert",
    ],
  ],
} as const;

const FLAGS = {
  file: {
    type: "string",
    value: "FILE|URL",
    required: true,
    help: "File of weights, or its address (https, http), which is fetched into the folder of --cache.",
  },
  out: {
    type: "string",
    value: "FILE",
    help: "Safetensors file to write, with the names that the tensors have.",
  },
  overwrite: { type: "boolean", help: "Replaces that file if it exists." },
  sha256: {
    type: "string",
    value: "HEX",
    help: "SHA-256 that the file must have, or its first 8 digits or more. The digits in names such as " +
      "mobilenet_v2-7ebf99e0.pth are compared without it.",
  },
  json: JSON_FLAG,
  cache: CACHE_FLAG,
} as const satisfies FlagTable;

/** Parses the flags, reads the file, prints and writes, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { file: source, out, overwrite, json, cache, ...flags } = parseFlags(COMMAND, FLAGS, args);
  const wanted = parseDigest(flags.sha256);
  const url = parseUrl(source);
  if (out !== undefined && !overwrite) await refuseExisting(out);
  const path = url === undefined ? source : await fetchWeights(url, cache, wanted);
  const onDisk = await readWeightsFile(path).catch(async (error) => {
    if (url === undefined || !(error instanceof RunError)) throw error;
    await Deno.remove(path).catch(() => {}); // Not to be found in the cache again.
    throw new RunError(error.message.replaceAll(path, () => shown(url)), { remedies: error.remedies });
  });
  refuseOwnFile(path, onDisk.file);
  const listing = await describe(source, onDisk);
  requireDigest(source, listing.sha256, wanted);
  const written = out === undefined ? undefined : asSafetensors(onDisk);
  if (out !== undefined && written !== undefined) await writeOutput(out, written);
  const output = out === undefined || written === undefined
    ? undefined
    : { path: out, bytes: written.length, sha256: await sha256(written) };
  if (json) {
    console.log(JSON.stringify({ ...listingJson(listing), ...(output && { out: output }) }));
  } else {
    for (const warning of warnings(listing)) console.error(`note: ${warning}`);
    console.log(listingText(listing));
    if (output) {
      console.log(`${output.path}: ${(output.bytes / 1e6).toFixed(1)} MB, SHA-256 ${output.sha256}`);
    }
  }
  return EXIT.done;
}

/** An address of the web; undefined for a path. @throws {UsageError} for another address. */
function parseUrl(source: string): URL | undefined {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(source)) return undefined;
  if (/^https?:/i.test(source) && URL.canParse(source)) return new URL(source);
  throw new UsageError(
    `'${source}' is no address that can be fetched: it must begin with https:// or http://`,
  );
}

async function describe(source: string, { name, bytes, file }: WeightsOnDisk): Promise<Listing> {
  const digest = await sha256(bytes);
  const named = digestInName(basename(name));
  return {
    source,
    fileBytes: bytes.length,
    sha256: digest,
    nameFits: named === undefined ? undefined : digest.startsWith(named),
    file,
    inventory: takeInventory(file),
  };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
