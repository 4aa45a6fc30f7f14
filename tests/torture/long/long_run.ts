/** Measures memory, open handles and time per step during a long run. */
import { Device } from "../../../engine/mod.ts";
import { keepAsBest, saveCheckpoint } from "../../../train/checkpoint_files.ts";
import { watchGpu } from "../../engine/watch_gpu.ts";
import { openTinyRun } from "../../train/tiny_run.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";
import { grows, type Slope, slopeOf } from "./slope.ts";

const STEPS = { short: 1500, full: 20_000 };
/** Measurements of a run; the first fifth is warm-up and is ignored. */
const SAMPLES = { short: 30, full: 200 };
const WARM_UP = 0.2;
/**
 * Bytes that resident memory may grow by in a thousand steps. The history of a run, which checkpoints keep, needs 48 KiB
 * and spare capacity; a run of a hundred thousand steps would end with 25 MiB more. In the short form code is still
 * being compiled at the end.
 */
const MOST_BYTES = { short: 4 * 2 ** 20, full: 2 ** 18 };
/**
 * Largest relative growth of the time of a step in a thousand steps: 5 % in all in the full form. The short form takes
 * seconds, in which the speed of a shared machine itself changes by some per cent.
 */
const MOST_SLOWER = { short: 0.1, full: 0.0025 };
/** Steps are timed this many at a time, as a share of an epoch, because metrics arrive for several steps at once. */
const IN_A_ROW = 0.8;
/** The quantile of those times that counts: most slower ones waited for other work of the machine. */
const QUICK = 0.1;

interface Sample {
  readonly step: number;
  /** Resident bytes, without the unused part of V8's heap, which doubles its young generation now and then. */
  readonly resident: number;
  /** Open files and sockets; undefined if the system does not report them. */
  readonly handles: number | undefined;
  /** GPU buffers and textures, and their bytes. */
  readonly resources: number;
  readonly bytes: number;
  /** Milliseconds of a quick step since the last sample. */
  readonly stepTime: number;
}

export const torture: Torture = {
  promise:
    "At its end, a long run takes no more memory, GPU memory, open handles or time per step than after its first steps",
  async run({ short, seed, say, progress }: TortureContext): Promise<Outcome> {
    const [steps, count] = short ? [STEPS.short, SAMPLES.short] : [STEPS.full, SAMPLES.full];
    const every = steps / count;
    const device = await Device.open();
    const watched = watchGpu(device.gpu);
    const trainer = await openTinyRun(device, {
      seed,
      batchesPerEpoch: every,
      epochs: count,
      learningRate: 1e-3,
    });
    const folder = await Deno.makeTempDir({ prefix: "long-" });
    const samples: Sample[] = [];
    for (let epoch = 0; epoch < count; epoch++) {
      const arrived: number[] = [];
      await trainer.trainEpoch(() => arrived.push(performance.now()), () => false);
      const inARow = Math.floor(IN_A_ROW * every);
      const times = arrived.slice(inARow).map((at, i) => (at - arrived[i]!) / inARow);
      await keepAsBest(folder, await saveCheckpoint(folder, await trainer.checkpoint()));
      (globalThis as { gc?: () => void }).gc?.(); // Otherwise the time of the last collection is measured.
      const { rss, heapTotal, heapUsed } = Deno.memoryUsage();
      samples.push({
        step: trainer.step,
        resident: rss - heapTotal + heapUsed,
        handles: await openHandles(),
        resources: watched.alive().length,
        bytes: watched.aliveBytes(),
        stepTime: times.toSorted((a, b) => a - b)[Math.floor(QUICK * times.length)]!,
      });
      progress(trainer.step, steps);
    }
    await Deno.remove(folder, { recursive: true });
    trainer.destroy();
    const left = watched.alive().length;
    device.destroy();

    const warm = samples.slice(Math.floor(WARM_UP * count));
    const slope = (value: (sample: Sample) => number) =>
      slopeOf(warm.map(({ step }) => step / 1000), warm.map(value));
    const same = (value: (sample: Sample) => number) => new Set(warm.map(value)).size === 1;
    const resident = slope((sample) => sample.resident);
    const median = warm.map(({ stepTime }) => stepTime).toSorted((a, b) => a - b)[warm.length >> 1]!;
    const time = slope(({ stepTime }) => stepTime / median);
    let wrong = 0;
    const expect = (holds: boolean, fault: string) => {
      if (holds) return;
      wrong++;
      say(fault);
    };
    expect(
      !grows(resident, short ? MOST_BYTES.short : MOST_BYTES.full),
      `resident memory grows by ${kibibytes(resident)} per 1,000 steps`,
    );
    expect(
      !grows(time, short ? MOST_SLOWER.short : MOST_SLOWER.full),
      `steps become slower by ${percent(time)} per 1,000 steps`,
    );
    expect(
      same(({ resources }) => resources) && same(({ bytes }) => bytes),
      "the number of GPU buffers or textures changes",
    );
    // The number varies with the garbage of earlier steps.
    const handles = warm[0]!.handles === undefined ? undefined : slope((sample) => sample.handles!);
    expect(!handles || !grows(handles, 0), `open handles: ${warm.map(({ handles }) => handles)}`);
    expect(left === 0, `${left} buffers or textures remain after the run`);
    const { resources, bytes } = warm.at(-1)!;
    return {
      trials: steps,
      losses: 0,
      hangs: 0,
      wrong,
      figures:
        `per 1,000 steps: resident memory ${kibibytes(resident)}, time of a step ${percent(time)} of ${
          median.toFixed(1)
        } ms, ` +
        `open handles ${
          handles ? `${handles.slope.toFixed(2)} ± ${handles.error.toFixed(2)}` : "not measured"
        }; ` +
        `always ${resources} GPU buffers and textures of ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    };
  },
};

function kibibytes({ slope, error }: Slope): string {
  return `${(slope / 1024).toFixed(1)} ± ${(error / 1024).toFixed(1)} KiB`;
}

function percent({ slope, error }: Slope): string {
  return `${(100 * slope).toFixed(2)} ± ${(100 * error).toFixed(2)} %`;
}

/** The number of open files and sockets of this process; undefined if the system does not report it. */
async function openHandles(): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  // Deno reads /proc only with all permissions.
  const list = new Deno.Command("ls", { args: [`/proc/${Deno.pid}/fd`] });
  return new TextDecoder().decode((await list.output()).stdout).trim().split("\n").length;
}
