/**
 * A run in several submits where one would take too long: Windows resets a GPU that is busy with one for two seconds, and
 * a display that shares the GPU stands still meanwhile. What is computed is the same.
 */
import type { Device } from "../device.ts";
import { copyStaged, dispatch, type Launch, type Stage } from "./schedule.ts";

/** Milliseconds that a submit should take at most. Far from the two seconds: clocks and other programs vary. */
const MILLISECONDS = 300;
/** Work of a submit while no run has been timed: some 50 ms on a laptop's GPU. */
const FIRST_WORK = 1e9;
/** Operations that take about as long as moving a byte. */
const FLOPS_PER_BYTE = 16;

/** How long a dispatch takes compared to others, in bytes moved. */
function workOf({ recorded: { dispatch: { cost } } }: Launch): number {
  return cost.bytes + cost.flops / FLOPS_PER_BYTE;
}

/** The stages of each submit, none with more work than `most` unless a single dispatch has. */
export function cutStages(stages: readonly Stage[], most: number): Stage[][] {
  const submits: Stage[][] = [[]];
  let work = 0;
  for (const { copies, launches } of stages) {
    let piece: Launch[] = [];
    submits.at(-1)?.push({ copies, launches: piece });
    for (const launch of launches) {
      if (work > 0 && work + workOf(launch) > most) {
        piece = [];
        submits.push([{ copies: [], launches: piece }]);
        work = 0;
      }
      piece.push(launch);
      work += workOf(launch);
    }
  }
  return submits;
}

/** Encodes and submits all but the last of these parts of a run; returns the encoder of the last one. */
export function submitAllButLast(
  device: Device,
  first: GPUCommandEncoder,
  submits: readonly (readonly Stage[])[],
): GPUCommandEncoder {
  let encoder = first;
  for (const [i, stages] of submits.entries()) {
    if (i > 0) {
      device.gpu.queue.submit([encoder.finish()]);
      encoder = device.gpu.createCommandEncoder();
    }
    for (const { copies, launches } of stages) {
      copyStaged(encoder, copies);
      const pass = encoder.beginComputePass();
      for (const launch of launches) dispatch(pass, launch);
      pass.end();
    }
  }
  return encoder;
}

/** The submits of a program's runs. The first run is timed; where it is long on a GPU, it and the others are cut. */
export class Submits {
  readonly #stages: readonly Stage[];
  #parts: readonly (readonly Stage[])[];
  #timed: boolean;

  /** @param device whose class decides: a program on the CPU has all the time. */
  constructor(device: Device, stages: readonly Stage[]) {
    this.#stages = stages;
    this.#parts = device.target.adapterClass === "gpu" ? cutStages(stages, FIRST_WORK) : [stages];
    // What is short everywhere need not be timed.
    this.#timed = this.#parts.length === 1;
  }

  /** The stages of every submit of the next run. */
  get parts(): readonly (readonly Stage[])[] {
    return this.#parts;
  }

  /** Times the run that was begun at `start`, of the wall's clock, and has just been submitted. Waits for nothing. */
  time(device: Device, start: number): void {
    if (this.#timed) return;
    this.#timed = true;
    const work = this.#stages.flatMap(({ launches }) => launches).reduce(
      (sum, launch) => sum + workOf(launch),
      0,
    );
    device.gpu.queue.onSubmittedWorkDone().then(() => {
      this.#parts = cutStages(this.#stages, work * MILLISECONDS / (performance.now() - start));
    }, () => {}); // A lost device is reported to those who wait for the run.
  }
}
