/**
 * What a run submits without waiting for the host: all of it, or, where inputs come late, what is recorded before their
 * first use and what comes after it, which may be in several parts, so that the host has the first gradients early.
 */
import { TEXTURE_WIDTH, unpadRows, VEC4_BYTES } from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import type { Parameter } from "../parameter.ts";
import { Readbacks } from "../readbacks.ts";
import { type Recorded, valuesBound } from "../recorder.ts";
import type { Value } from "../value.ts";
import type { Memory } from "./memory.ts";
import type { Stage } from "./schedule.ts";
import { submitAllButLast, Submits } from "./submits.ts";
import { texelRows } from "./texel_rows.ts";

/** An output, and the range of a run's readback that holds it. */
interface PlannedOutput {
  readonly name: string;
  readonly value: Value;
  readonly offset: number;
  readonly bytes: number;
}

/** A run's results by name, as the host gets them. */
export type Results = Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>;

/** Steps that are submitted at once. */
export interface Piece {
  readonly steps: readonly Recorded[];
  /** After it, the gradients in a set's memory from this byte on have their final values. */
  readonly gradientsFrom: number;
}

/**
 * The steps before the first one that uses a late value, and those from it on: in several pieces where `shares` says after
 * which shares of all gradients, from the end of their memory on, one ends.
 */
export function cutSteps(
  steps: readonly Recorded[],
  late: ReadonlySet<Value>,
  shares: readonly number[] = [],
): Piece[] {
  if (late.size === 0) return [{ steps, gradientsFrom: 0 }];
  const first = steps.findIndex((step) =>
    step.values.some((value) => late.has(value.within?.whole ?? value))
  );
  const end = first < 0 ? steps.length : first;
  const pieces: Piece[] = [{ steps: steps.slice(0, end), gradientsFrom: Infinity }];
  let begun = end;
  for (const { after, from } of gradientCuts(steps, shares)) {
    if (after <= begun || after >= steps.length) continue;
    pieces.push({ steps: steps.slice(begun, after), gradientsFrom: from });
    begun = after;
  }
  return [...pieces, { steps: steps.slice(begun), gradientsFrom: 0 }];
}

/** The number of steps after which each share of the gradients, from the end of their memory on, is complete. */
function gradientCuts(steps: readonly Recorded[], shares: readonly number[]) {
  const written = new Map<Parameter, number>();
  steps.forEach((step, i) => {
    for (const { placement, origin } of valuesBound(step, "write", "update")) {
      if (placement) written.set(placement.parameter, i + 1);
      if (origin.kind === "flat" && origin.buffer === "gradients") {
        for (const parameter of origin.filled) written.set(parameter, i + 1);
      }
    }
  });
  const fromEnd = [...written].sort(([a], [b]) => b.offset - a.offset);
  const all = fromEnd.reduce((sum, [{ bytes }]) => sum + bytes, 0);
  return shares.map((share) => {
    let bytes = 0, after = 0, from = 0;
    for (const [parameter, step] of fromEnd) {
      if (bytes >= share * all) break;
      bytes += parameter.bytes;
      after = Math.max(after, step);
      from = parameter.offset;
    }
    return { after, from };
  });
}

/** The first of these pieces after which an output has its final value. */
export function pieceOf(value: Value, pieces: readonly Piece[], late: ReadonlySet<Value>): number {
  const { kind } = value.origin;
  if (kind === "parameter" || kind === "flat") return pieces.length - 1; // Read when the run has updated it.
  const whole = value.within?.whole ?? value;
  const writes = pieces.findLastIndex(({ steps }) =>
    steps.some((step) => valuesBound(step, "write", "update").includes(whole))
  );
  return Math.max(writes, late.has(value) ? 1 : 0);
}

/** One part of a run, ready to be submitted. */
export class Part {
  readonly #submits: Submits;
  readonly #outputs: readonly PlannedOutput[];
  /** Undefined for a part without outputs. */
  readonly #readbacks: Readbacks | undefined;

  constructor(
    readonly device: Device,
    readonly memory: Memory,
    /** What the host has written before it. */
    readonly inputs: ReadonlyMap<string, Value>,
    stages: readonly Stage[],
    outputs: readonly (readonly [string, Value])[],
    together: number,
    /** After it, the gradients in a set's memory from this byte on have their final values. */
    readonly gradientsFrom: number,
  ) {
    let end = 0;
    this.#outputs = outputs.map(([name, value]) => {
      const output = { name, value, offset: end, bytes: value.bytes };
      end += Math.ceil(value.bytes / 256) * 256;
      return output;
    });
    this.#submits = new Submits(device, stages);
    this.#readbacks = outputs.length > 0
      ? new Readbacks(device, end, together, (bytes) => memory.readback(bytes))
      : undefined;
  }

  /**
   * Submits the part and its outputs' way back.
   *
   * @param begin uploads the inputs and gives the encoder for what follows; called when there is room for the outputs.
   */
  async submit(begin: () => GPUCommandEncoder, more: boolean): Promise<{ outputs: Promise<Results> }> {
    const readbacks = this.#readbacks;
    while (readbacks?.busy) await readbacks.busy; // Others may have waited for the same slot, and been first.
    this.device.attempt("Cannot run the program", () => {
      const start = performance.now();
      const encoder = submitAllButLast(this.device, begin(), this.#submits.parts);
      if (readbacks) {
        const { buffer, offset: start } = readbacks.nextSlot;
        for (const { value, offset } of this.#outputs) this.#copyOut(encoder, value, buffer, start + offset);
      }
      this.device.gpu.queue.submit([encoder.finish()]);
      this.#submits.time(this.device, start);
    });
    if (!readbacks) return { outputs: Promise.resolve({}) };
    return { outputs: readbacks.submitted((bytes, start) => this.#read(bytes, start), more) };
  }

  /** Submits runs that wait for others. */
  send(): void {
    this.#readbacks?.send();
  }

  /** Resolves when all outputs have come back, or failed to. */
  async flush(): Promise<void> {
    await this.#readbacks?.flush();
  }

  #copyOut(encoder: GPUCommandEncoder, value: Value, buffer: GPUBuffer, start: number): void {
    const location = this.memory.finalLocation(value);
    if ("buffer" in location) {
      encoder.copyBufferToBuffer(location.buffer, location.offset, buffer, start, value.bytes);
      return;
    }
    for (const { origin, size, offset } of texelRows(value.vec4s)) {
      encoder.copyTextureToBuffer(
        { texture: location.texture, origin },
        { buffer, offset: start + offset, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
        size,
      );
    }
  }

  /** The outputs of a run whose bytes begin at `start`. */
  #read(bytes: ArrayBuffer, start: number): Results {
    return Object.fromEntries(this.#outputs.map(({ name, value, offset, bytes: length }) => [
      name,
      value.type === "u32"
        ? new Uint32Array(bytes, start + offset, length / 4).slice()
        : unpadRows(new Float32Array(bytes, start + offset, length / 4), value.shape),
    ]));
  }
}
