/** `deno task explain`: a picture of what a network looks at, and of what makes two images similar to it. */
import { type CellMap, rowSums } from "../data/images/cell_map.ts";
import { decodeImage } from "../data/images/decode_image.ts";
import { DataError, messageOf } from "../data/errors.ts";
import { resizeToRgb } from "../data/images/resize.ts";
import { CellEmbedder, type ImageCells } from "../model/cell_embedder.ts";
import { type CosineParts, cosineParts } from "../model/cosine_parts.ts";
import { imageStride } from "../model/image_batch.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { buildTrainedModel } from "../model/trained_model.ts";
import {
  type ExplainedImage,
  type ExplainedPair,
  renderExplanation,
} from "../train/report/explanation_picture.ts";
import { readTrainedModel } from "../train/trained_model_file.ts";
import { EXIT, printable, runCommand } from "./command.ts";
import { defaultNetwork, OPTIONAL_CHECKPOINT_FLAG } from "./default_network.ts";
import { openDevice } from "./device.ts";
import { type FlagTable, parseFlags, UsageError } from "./flags.ts";
import { writeOutput } from "./output.ts";
import { EMA_FLAG, JSON_FLAG } from "./shared_flags.ts";
import { table } from "./table.ts";

const COMMAND = {
  usage: "deno task explain",
  summary:
    "Draws what a network looks at in a query and in other images, and how much each part of the one and of the other adds " +
    "to their cosine similarity.",
  examples: [
    ["deno task explain --query a.jpg --match b.jpg --out x.png", "one pair"],
    [
      "deno task explain --query a.jpg --match b.jpg c.jpg d.jpg --out x.png --json",
      "three pairs, and the numbers of all parts",
    ],
  ],
} as const;

/** The most matches: a row of the picture each. */
const MOST_MATCHES = 50;

const FLAGS = {
  query: { type: "string", value: "FILE", required: true, help: "Image of a person: JPEG or PNG." },
  match: {
    type: "strings",
    value: "FILE",
    required: true,
    help: `Images to compare it with, ${MOST_MATCHES} at most: a row of the picture each.`,
  },
  out: { type: "string", value: "FILE.png", required: true, help: "PNG file to write." },
  checkpoint: OPTIONAL_CHECKPOINT_FLAG,
  ema: EMA_FLAG,
  json: JSON_FLAG,
} as const satisfies FlagTable;

/** Height of an image in the picture; its width follows from the shape of the network's input. */
const SHOWN_HEIGHT = 256;

/** Parses the flags, draws, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { query, match, out, ema, json } = flags;
  if (match.length > MOST_MATCHES) {
    throw new UsageError(`--match takes ${MOST_MATCHES} images at most; got ${match.length}`);
  }
  if (!out.toLowerCase().endsWith(".png")) throw new UsageError(`--out must end in .png; got '${out}'`);
  const { model: trained, path } = await readTrainedModel(flags.checkpoint ?? await defaultNetwork(), {
    averaged: ema,
  });
  const { spec } = trained;
  const [sought, ...others] = await Promise.all([query, ...match].map((file) => readPicture(file, spec)));
  if (sought === undefined) throw new Error("There is no query");
  using device = await openDevice();
  const model = buildTrainedModel(device, trained);
  const embedder = await CellEmbedder.open(device, model, 1);
  const embed = async ({ pixels, ...picture }: Picture) => {
    const [cells] = await embedder.embed(pixels, 1);
    if (cells === undefined) throw new Error("An image has no embedding");
    return { ...picture, cells };
  };
  const embeddedQuery = await embed(sought);
  const pairs: Pair[] = [];
  for (const other of others) pairs.push(pairOf(embeddedQuery, await embed(other)));
  embedder.destroy();
  model.parameters.destroy();
  await writeOutput(out, await renderExplanation(pairs, shownSize(spec)));
  if (json) {
    console.log(JSON.stringify({ checkpoint: path, query, out, matches: pairs.map(numbersOf) }));
    return EXIT.done;
  }
  console.log(table([
    ["match", "cosine", "distance", "by height, from the top", "image"],
    ...pairs.map(({ cosine, distance, match, file }, i) => [
      String(i + 1),
      cosine.toFixed(4),
      distance.toFixed(4),
      rowSums(match.parts).map((sum) => sum.toFixed(3)).join(" "),
      printable(file),
    ]),
  ]));
  console.log(`\n${printable(out)}: activations, and what each part adds to the cosine; network: ${path}`);
  return EXIT.done;
}

/** An image as it is shown, and as the network takes it. */
interface Picture {
  readonly file: string;
  /** [height, width, 3] of {@link shownSize}. */
  readonly rgb: Uint8Array;
  readonly pixels: Uint8Array;
}

function shownSize({ imageHeight, imageWidth }: ModelSpec): { width: number; height: number } {
  return { width: Math.max(1, Math.round(SHOWN_HEIGHT * imageWidth / imageHeight)), height: SHOWN_HEIGHT };
}

async function readPicture(file: string, spec: ModelSpec): Promise<Picture> {
  try {
    const image = await decodeImage(await Deno.readFile(file));
    const { width, height } = shownSize(spec);
    const rgb = new Uint8Array(width * height * 3), pixels = new Uint8Array(imageStride(spec));
    resizeToRgb(image, rgb, width, height);
    resizeToRgb(image, pixels, spec.imageWidth, spec.imageHeight);
    return { file, rgb, pixels };
  } catch (error) {
    throw new DataError(`${file} cannot be explained: ${messageOf(error)}. Give a JPEG or PNG file.`);
  }
}

/** An image with its cells. */
interface Embedded extends Omit<Picture, "pixels"> {
  readonly cells: ImageCells;
}

/** A pair with its match's file. */
interface Pair extends ExplainedPair {
  readonly file: string;
}

function pairOf(query: Embedded, match: Embedded): Pair {
  const { embedding } = query.cells;
  const { cosine, ...parts }: CosineParts = cosineParts(
    query.cells.cells,
    match.cells.cells,
    embedding.length,
  );
  const difference = embedding.map((x, i) => x - (match.cells.embedding[i] ?? 0));
  return {
    file: match.file,
    query: explained(query, parts.query),
    match: explained(match, parts.match),
    cosine,
    distance: Math.hypot(...difference),
  };
}

function explained(
  { rgb, cells: { rows, columns, activation } }: Embedded,
  parts: Float64Array,
): ExplainedImage {
  const map = (values: ArrayLike<number>): CellMap => ({ rows, columns, values });
  return { rgb, activation: map(activation), parts: map(parts) };
}

/** A pair's numbers, for programs. */
function numbersOf({ file, cosine, distance, query, match }: Pair): object {
  const numbers = ({ activation, parts }: ExplainedImage) => ({
    rows: parts.rows,
    columns: parts.columns,
    activation: Array.from(activation.values),
    cosine: Array.from(parts.values),
  });
  return { image: file, cosine, distance, query: numbers(query), match: numbers(match) };
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
