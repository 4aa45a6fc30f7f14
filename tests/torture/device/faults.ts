/** Makes each WebGPU call of a short training fail once, in every possible way. */
import { Device, EngineError } from "../../../engine/mod.ts";
import { openTinyRun } from "../../train/tiny_run.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";
import { type Fault, FaultyGpu, waysToFail } from "./faulty_gpu.ts";
import { trainTwoLayers } from "./two_layers.ts";

/** A trial that takes longer is a hang. Timer ticks are counted, because a sleeping machine makes none. */
const MOST_SECONDS = 60;

/** Trials between two garbage collections. */
const COLLECT_EVERY = 20;

/** A short training on a new device; returns its results as text, for comparison. */
type Training = (gpu: FaultyGpu) => Promise<string>;

const TRAININGS: Readonly<Record<string, Training>> = {
  "two layers in textures": ({ gpu }) => trainTwoLayers({ gpu, storage: "texture" }),
  "two layers in buffers": ({ gpu }) => trainTwoLayers({ gpu, storage: "buffer" }),
  "MobileNetV2": trainMobileNet,
};

export const torture: Torture = {
  promise:
    "When any WebGPU call fails in any way, the results are right or a typed error is thrown; nothing hangs, no rejection is unhandled, and no GPU memory leaks",
  limitSeconds: { short: 600, full: 3 * 3600 },
  async run(context: TortureContext): Promise<Outcome> {
    const { short, seed, say, progress } = context;
    const random = seededRandom(seed);
    const trials: { name: string; fault: Fault }[] = [];
    const expected = new Map<string, string>();
    for (const [name, train] of Object.entries(TRAININGS)) {
      const gpu = new FaultyGpu();
      expected.set(name, await train(gpu));
      if (gpu.alive().length > 0) throw new Error(`${name} without a fault leaves ${gpu.alive()}`);
      const seen = new Map<string, number>();
      const faults = gpu.calls.flatMap((call) => {
        const nth = seen.get(call) ?? 0;
        seen.set(call, nth + 1);
        return waysToFail(call).map((way) => ({ name, fault: { name: call, nth, way } }));
      });
      // All faults of the two layers, and a sample of MobileNetV2's, whose calls are much alike.
      const wanted = name === "MobileNetV2" ? (short ? 6 : 300) : short ? 40 : faults.length;
      trials.push(
        ...(wanted < faults.length
          ? Array.from({ length: wanted }, () => faults[Math.floor(random.uniform() * faults.length)]!)
          : faults),
      );
    }
    const counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    let [right, told] = [0, 0];
    for (const { name, fault } of trials) {
      const result = await attempt(TRAININGS[name]!, fault, expected.get(name)!);
      counts.trials++;
      // Unused devices keep memory of the driver that V8 does not see.
      if (counts.trials % COLLECT_EVERY === 0) (globalThis as { gc?: () => void }).gc?.();
      progress(counts.trials, trials.length);
      if (result === "right") right++;
      else if (result === "told") told++;
      else {
        if (result === "hang") counts.hangs++;
        else counts.wrong++;
        say(`${name}, ${fault.name} number ${fault.nth}, ${fault.way}: ${result}`);
      }
    }
    return { ...counts, figures: `${right} ended right all the same, ${told} with a typed error` };
  },
};

/** Runs a training with one fault: "right", "told", "hang", or a description of what is wrong. */
async function attempt(train: Training, fault: Fault, expected: string): Promise<string> {
  const gpu = new FaultyGpu(fault);
  const unhandled: unknown[] = [];
  const listener = (event: Event) => {
    event.preventDefault();
    unhandled.push(event instanceof PromiseRejectionEvent ? event.reason : event);
  };
  for (const kind of ["unhandledrejection", "error"]) globalThis.addEventListener(kind, listener);
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    const late = new Promise<string>((resolve) => {
      let seconds = 0;
      timer = setInterval(() => {
        if (++seconds === MOST_SECONDS) resolve("hang");
      }, 1000);
    });
    const result = await Promise.race([
      late,
      train(gpu).then(
        (found) => found === expected ? "right" : "other numbers",
        (error) => error instanceof EngineError ? "told" : `not a typed error: ${error?.stack ?? error}`,
      ),
    ]);
    await new Promise((resolve) => setTimeout(resolve)); // Unhandled rejections are reported in a later task.
    if (result === "hang") return result;
    if (unhandled.length > 0) return `unhandled: ${(unhandled[0] as Error)?.stack ?? unhandled[0]}`;
    const alive = gpu.alive();
    return alive.length > 0 ? `${result}, but not freed: ${alive.slice(0, 5).join("; ")}` : result;
  } finally {
    clearInterval(timer);
    gpu.release();
    for (const kind of ["unhandledrejection", "error"]) globalThis.removeEventListener(kind, listener);
  }
}

/** One step of MobileNetV2 with all its layers and very few channels. */
async function trainMobileNet({ gpu }: FaultyGpu): Promise<string> {
  const device = await Device.open({ gpu });
  try {
    const trainer = await openTinyRun(device);
    try {
      await trainer.trainEpoch(() => {}, () => trainer.step > 0);
      const { tensors } = await trainer.checkpoint();
      return JSON.stringify([...tensors].map(([name, { data }]) => [name, ...data]));
    } finally {
      trainer.destroy();
    }
  } finally {
    device.destroy();
  }
}
