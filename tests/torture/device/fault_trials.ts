/**
 * A process that makes trials: its argument is a list of them in JSON, and for each it prints a line with what came of
 * it.
 */
import { Device, EngineError } from "../../../engine/mod.ts";
import { openTinyRun } from "../../train/tiny_run.ts";
import { type Fault, FaultyGpu, waysToFail } from "./faulty_gpu.ts";
import { trainTwoLayers } from "./two_layers.ts";

/** A training that one call of is to fail. */
export interface FaultTrial {
  readonly name: string;
  readonly fault: Fault;
  /** The name of the call. */
  readonly of: string;
}

/** "right", "told" by a typed error, "hang", or what is wrong. */
export type TrialResult = string;

/**
 * No trial takes longer, by far; what does is a hang. Counted in turns of a timer of one second: while a machine sleeps,
 * it makes none.
 */
const MOST_SECONDS = 60;

/** A short training on a device of its own: what is left of it in the end, as text that tells any difference. */
type Training = (gpu: FaultyGpu) => Promise<string>;

const TRAININGS: Readonly<Record<string, Training>> = {
  "two layers in textures": ({ gpu }) => trainTwoLayers({ gpu, storage: "texture" }),
  "two layers in buffers": ({ gpu }) => trainTwoLayers({ gpu, storage: "buffer" }),
  "MobileNetV2": trainMobileNet,
};

/** Every trial that there could be, by the names of the trainings. */
export async function countTrials(): Promise<Map<string, FaultTrial[]>> {
  const trials = new Map<string, FaultTrial[]>();
  for (const [name, train] of Object.entries(TRAININGS)) {
    const gpu = new FaultyGpu();
    await train(gpu);
    if (gpu.alive().length > 0) throw new Error(`${name} without a fault leaves ${gpu.alive()}`);
    trials.set(
      name,
      gpu.calls.flatMap((of, call) => waysToFail(of).map((way) => ({ name, fault: { call, way }, of }))),
    );
  }
  return trials;
}

/** One training with one fault: "right", "told", "hang", or what is wrong. */
async function attempt(train: Training, fault: Fault, expected: string): Promise<TrialResult> {
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
    await new Promise((resolve) => setTimeout(resolve)); // What nobody handles is told in a turn of its own.
    if (result === "hang") return result;
    if (unhandled.length > 0) return `unhandled: ${(unhandled[0] as Error)?.stack ?? unhandled[0]}`;
    const alive = gpu.alive();
    return alive.length > 0 ? `${result}, but not freed: ${alive.slice(0, 5).join("; ")}` : result;
  } finally {
    clearInterval(timer);
    for (const kind of ["unhandledrejection", "error"]) globalThis.removeEventListener(kind, listener);
  }
}

/** One step of a network with every layer of MobileNetV2 and hardly a channel in it. */
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

if (import.meta.main) {
  const expected = new Map<string, string>();
  for (const { name, fault } of JSON.parse(Deno.args[0]!) as FaultTrial[]) {
    const train = TRAININGS[name]!;
    if (!expected.has(name)) expected.set(name, await train(new FaultyGpu()));
    console.log(JSON.stringify(await attempt(train, fault, expected.get(name)!)));
  }
  Deno.exit(0);
}
