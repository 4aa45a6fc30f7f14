/** How fast images come: decoded from files, read from the packed file, and used up by the training step. */
import { join } from "node:path";
import { Image } from "imagescript";
import { workerCount } from "../cli/people.ts";
import { runCommand } from "../cli/command.ts";
import { type Command, type FlagTable, parseFlags, UsageError } from "../cli/flags.ts";
import type { PersonImage } from "../data/dataset.ts";
import { decodeImage } from "../data/images/decode_image.ts";
import { PixelStore } from "../data/pixels.ts";
import { readDataset } from "../data/read_dataset.ts";
import { resizeToRgb } from "../data/images/resize.ts";
import { writeSyntheticPeople } from "../data/synthetic/write.ts";
import { Device, median, Random, wallClock } from "../engine/mod.ts";
import { completeOptions, FLAG_SETTINGS, type TrainingOptions } from "../train/options.ts";
import { Trainer } from "../train/trainer.ts";
import { cpuClock } from "./clock.ts";

const COMMAND: Command = {
  usage: "deno task bench:input",
  summary: "Times decoding, reading batches, and training on them; says how long the GPU waits for images.",
  examples: [
    ["deno task bench:input --width 1", "at the paper's full width"],
    ["deno task bench:input --data Market-1501-v15.09.15 --steps 100", "with the files of a dataset"],
  ],
};

const FLAGS = {
  data: { type: "string", value: "DIR", help: "Folder of a dataset; by default synthetic people." },
  p: FLAG_SETTINGS.p,
  k: FLAG_SETTINGS.k,
  width: FLAG_SETTINGS.width,
  imageHeight: FLAG_SETTINGS.imageHeight,
  imageWidth: FLAG_SETTINGS.imageWidth,
  steps: { type: "integer", min: 4, max: 10_000, default: 24, help: "Training steps that are timed." },
} as const satisfies FlagTable;

/** What the bench found; the rest of the report follows from it. */
interface Rates {
  /** Milliseconds of CPU for each way of decoding, and the image sizes. */
  readonly decoders: readonly { name: string; milliseconds: number }[];
  /** Milliseconds of the wall and of CPU in which the worker threads decode all images, their start included. */
  readonly pool: { images: number; wall: number; cpu: number };
  /** Milliseconds that the thread of the training loop spends on a batch. */
  readonly gathers: readonly { name: string; milliseconds: number }[];
}

/** Runs the bench. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { data, steps, ...settings } = parseFlags(COMMAND, FLAGS, args);
  const options = completeOptions({ ...settings, epochs: 1, batchesPerEpoch: steps });
  const batch = options.p * options.k;
  const folder = await Deno.makeTempDir();
  using device = await Device.open();
  try {
    if (data === undefined) {
      const people = { trainIdentities: 60, testIdentities: 2, distractors: 0, junk: 0 };
      await writeSyntheticPeople(join(folder, "people"), people);
    }
    const { train } = await readDataset(data ?? join(folder, "people"));
    if (train.length < batch) {
      throw new UsageError(`${data} has fewer training images than a batch, ${batch}`);
    }
    const { rates, store } = await timeInput(train, options, batch, join(folder, "pixels"));
    console.log(
      `${train.length} images, ${options.imageHeight}×${options.imageWidth}, batches of ${batch}; ` +
        `MobileNetV2 ${options.width} on ${device.adapter.name}\n`,
    );
    const trainer = await Trainer.open({ device, options, people: train, store });
    const arrivals: number[] = [];
    await trainer.trainEpoch(() => arrivals.push(wallClock()), () => false);
    // The first step compiles kernels.
    const step = (arrivals.at(-1)! - arrivals[0]!) / (steps - 1);
    console.log(describe(rates, step, batch, trainer.inputWait.share!));
    trainer.destroy();
    store.close();
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function timeInput(
  train: readonly PersonImage[],
  { imageHeight: height, imageWidth: width }: TrainingOptions,
  batch: number,
  cacheFile: string,
): Promise<{ rates: Rates; store: PixelStore }> {
  const decoders = await timeDecoders(await Deno.readFile(train[0]!.path), height, width);
  const [start, cpuStart] = [wallClock(), cpuClock()];
  const store = await PixelStore.open(train, { height, width, workers: workerCount(), cacheFile });
  const pool = { images: train.length, wall: wallClock() - start, cpu: cpuClock() - cpuStart };
  const usable = train.filter((_, i) => store.usable[i]).slice(0, 1024);
  const inMemory = await PixelStore.open(usable, { height, width, workers: workerCount() });
  const gathers = [
    { name: "from the packed file", milliseconds: await timeGather(store, batch) },
    { name: "from memory", milliseconds: await timeGather(inMemory, batch) },
  ];
  return { rates: { decoders, pool, gathers }, store };
}

/** Times each way from a file's bytes to the network's size, on this thread. */
async function timeDecoders(file: Uint8Array, height: number, width: number): Promise<Rates["decoders"]> {
  const decoded = await decodeImage(file);
  const picture = await Image.decode(file);
  const [jpeg, png] = [
    await picture.clone().resize(width, height).encodeJPEG(85),
    await picture.clone().resize(width, height).encode(),
  ];
  const out = new Uint8Array(height * width * 3);
  const size = `${height}×${width}`;
  const doubled = new Uint8Array(4 * out.length);
  const ways: [name: string, decode: () => Promise<void>][] = [
    [`JPEG ${decoded.height}×${decoded.width}, this dataset's`, async () => {
      resizeToRgb(await decodeImage(file), out, width, height);
    }],
    [`JPEG ${size}`, async () => resizeToRgb(await decodeImage(jpeg), out, width, height)],
    [`JPEG ${size}, enlarged to ${2 * height}×${2 * width}`, async () => {
      resizeToRgb(await decodeImage(jpeg), doubled, 2 * width, 2 * height);
    }],
    [`PNG ${size}`, async () => resizeToRgb(await decodeImage(png), out, width, height)],
  ];
  const timings: { name: string; milliseconds: number }[] = [];
  for (const [name, decode] of ways) timings.push({ name, milliseconds: await medianOf(50, decode) });
  return timings;
}

async function timeGather(store: PixelStore, batch: number): Promise<number> {
  const usable = [...store.usable.keys()].filter((i) => store.usable[i]);
  const random = new Random(1);
  const pixels = new Uint8Array(batch * store.stride);
  return await medianOf(
    100,
    async () =>
      await store.batch(Array.from({ length: batch }, () => usable[random.integer(usable.length)]!), pixels),
  );
}

/** The median time of a run on this thread, in milliseconds, after a warm-up of as many runs. */
async function medianOf(runs: number, run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 2 * runs; i++) {
    const start = wallClock();
    await run();
    if (i >= runs) times.push(wallClock() - start);
  }
  return median(times);
}

function describe(rates: Rates, step: number, batch: number, share: { least: number; most: number }): string {
  const { decoders, pool, gathers } = rates;
  const row = (name: string, milliseconds: number, images: number, note = "") =>
    `  ${name.padEnd(40)} ${milliseconds.toFixed(2).padStart(9)} ms ${
      Math.round(1000 * images / milliseconds).toLocaleString("en").padStart(9)
    } images/s${note}`;
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const decode = pool.wall / pool.images, train = step / batch;
  return [
    "decoding, an image on one thread",
    ...decoders.map(({ name, milliseconds }) => row(name, milliseconds, 1)),
    `decoding, all images in ${workerCount()} worker threads, their start included`,
    row(
      `${pool.images} images`,
      pool.wall,
      pool.images,
      `; CPU time ${(pool.cpu / pool.images).toFixed(2)} ms each`,
    ),
    "reading, a batch on the thread of the training loop",
    ...gathers.map(({ name, milliseconds }) => row(name, milliseconds, batch)),
    "training",
    row("step", step, batch),
    "",
    `The GPU waited for images ${percent(share.least)} of the time, at most ${percent(share.most)}.`,
    `Decoding ahead of the first epoch takes ${
      percent(decode / (decode + train))
    } of both; later runs read the ` +
    "packed file.",
  ].join("\n");
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
