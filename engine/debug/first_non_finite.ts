/**
 * The dispatch with which numbers stop being finite: a program's dispatches run one at a time, and the host checks every
 * number that each of them wrote.
 */
import { precisionOf, tensorBytes, textureRowBytes, unpadRows, vec4Count } from "../../kernels/mod.ts";
import { copyBack } from "../copy_back.ts";
import type { Device } from "../device.ts";
import { halfToNumber } from "../half.ts";
import type { HostInputs, ProgramInputs, ProgramOutputs } from "../inputs.ts";
import type { ValueLocation } from "../plan/owned_memory.ts";
import type { Program } from "../program.ts";
import type { Pass, Recorded } from "../recorder.ts";
import { copyStaged, dispatch, type OpenRun } from "../plan/schedule.ts";
import type { Value } from "../value.ts";

/** Contents of a tensor that is bound to a dispatch. */
export interface TensorSummary {
  /** The name of the binding. */
  readonly name: string;
  /** The parameter that the tensor is, or whose gradient it is; undefined for all others. */
  readonly parameter: string | undefined;
  /** Size of each axis; of a whole buffer of a set, its padded length. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly count: number;
  /** How many of them are NaN or infinite. */
  readonly nonFinite: number;
  /** The first of those, with the parameter that it belongs to if the tensor holds several. */
  readonly first:
    | { readonly value: number; readonly index: readonly number[]; readonly parameter?: string }
    | undefined;
  /** The least and the greatest of the finite ones; undefined if there are none. */
  readonly range: readonly [number, number] | undefined;
}

/** A dispatch that wrote a NaN or infinite number. */
export interface NonFiniteDispatch {
  /** File name of its shader without the ending. */
  readonly kernel: string;
  /** The part of the program that it belongs to. */
  readonly pass: Pass;
  /** Its index among the program's dispatches, counted from 0. */
  readonly number: number;
  /** A parameter that is bound to it, or else the nearest one before it: this tells the layer. */
  readonly near: string | undefined;
  /** The tensors that it read; of those that it updated in place, the contents before. */
  readonly read: readonly TensorSummary[];
  /** The tensors that it wrote. */
  readonly wrote: readonly TensorSummary[];
}

/**
 * Runs a program once, one dispatch at a time, up to the first that writes a NaN or infinite number. Slow; for debugging.
 * Up to there, the run changes what the program changes, such as weights.
 *
 * @returns undefined if all numbers are finite.
 */
export async function firstNonFiniteDispatch<I extends ProgramInputs, O extends ProgramOutputs>(
  program: Program<I, O>,
  inputs: HostInputs<I>,
): Promise<NonFiniteDispatch | undefined> {
  const run = program.begin(inputs);
  const { device: { gpu }, stages } = run;
  const before: Recorded[] = [];
  let { encoder } = run;
  for (const { copies, launches } of stages) {
    copyStaged(encoder, copies);
    for (const launch of launches) {
      const { recorded } = launch;
      gpu.queue.submit([encoder.finish()]);
      const updated = await summaries(run, recorded, ["update"]);
      run.check();
      encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      dispatch(pass, launch);
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      const wrote = await summaries(run, recorded, ["write", "update"]);
      if (wrote.some(({ nonFinite }) => nonFinite > 0)) {
        run.check();
        const read = [...await summaries(run, recorded, ["read"]), ...updated];
        const { dispatch: { kernel }, pass } = recorded;
        return { kernel, pass, number: before.length, near: nearestParameter(recorded, before), read, wrote };
      }
      run.check();
      before.push(recorded);
      encoder = gpu.createCommandEncoder();
    }
  }
  return undefined;
}

/** The f32 tensors that a dispatch accesses in one of these ways. */
async function summaries(
  { device, memory }: OpenRun,
  { dispatch: { bindings }, values }: Recorded,
  accesses: readonly string[],
): Promise<TensorSummary[]> {
  const bound = values.map((value, i) => ({ ...bindings[i]!, value }));
  const wanted = bound.filter(({ access, type }) => type === "f32" && accesses.includes(access));
  return await Promise.all(wanted.map(async ({ name, access, value }) => {
    // Programs read a parameter from a copy.
    const location = memory.location(value, value.origin.kind === "parameter" ? "write" : access);
    return summary(name, value, await contents(device, value, location));
  }));
}

/** The numbers of a tensor on the GPU, with rows padded. */
async function contents(
  device: Device,
  value: Value,
  location: ValueLocation,
): Promise<Float32Array> {
  const precision = precisionOf(location.storage);
  const bytes = tensorBytes(value.shape, precision);
  const rowBytes = textureRowBytes(precision);
  const range = "buffer" in location
    ? { buffer: location.buffer, offset: location.offset, bytes }
    : { texture: location.texture, bytesPerRow: rowBytes, bytes: Math.ceil(bytes / rowBytes) * rowBytes };
  return await copyBack(
    device,
    "Cannot read a tensor back",
    () => [range],
    (mapped) =>
      precision === "f16"
        ? Float32Array.from(new Uint16Array(mapped, 0, bytes / 2), halfToNumber)
        : new Float32Array(mapped, 0, bytes / 4).slice(),
  );
}

function summary(name: string, value: Value, padded: Float32Array): TensorSummary {
  const { shape, origin, placement } = value;
  const parameter = origin.kind === "parameter" ? origin.parameter : placement?.parameter;
  const data = unpadRows(padded, shape);
  let [nonFinite, least, greatest] = [0, Infinity, -Infinity];
  let first: TensorSummary["first"];
  for (const [i, number] of data.entries()) {
    if (!Number.isFinite(number)) {
      nonFinite++;
      first ??= { value: number, ...location(value, i) };
    } else {
      least = Math.min(least, number);
      greatest = Math.max(greatest, number);
    }
  }
  return {
    name,
    parameter: parameter?.name,
    shape,
    count: data.length,
    nonFinite,
    first,
    range: least <= greatest ? [least, greatest] : undefined,
  };
}

/** The index of a tensor's element; in a whole buffer of a set, the parameter there and the index in it. */
function location({ shape, origin }: Value, element: number): { index: number[]; parameter?: string } {
  if (origin.kind !== "flat") return { index: indexOf(element, shape) };
  const owner = origin.set.parameters.find(({ trainable, offset, bytes }) =>
    trainable === (origin.buffer !== "state") && 4 * element >= offset && 4 * element < offset + bytes
  );
  if (!owner) return { index: [element] };
  const inside = element - owner.offset / 4;
  const last = owner.shape.at(-1) ?? 1;
  const stride = 4 * vec4Count(last);
  const unpadded = Math.floor(inside / stride) * last + inside % stride;
  return { index: indexOf(unpadded, owner.shape), parameter: owner.name };
}

function indexOf(element: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const size of shape.toReversed()) {
    index.unshift(element % size);
    element = Math.floor(element / size);
  }
  return index;
}

/** A parameter that is bound to a dispatch, or the nearest of those that its operands were computed from. */
function nearestParameter(dispatch: Recorded, before: readonly Recorded[]): string | undefined {
  const seen = new Set<Recorded>();
  for (let front = [dispatch]; front.length > 0;) {
    for (const { values } of front) {
      for (const { origin, placement } of values) {
        const parameter = origin.kind === "parameter" ? origin.parameter : placement?.parameter;
        if (parameter) return parameter.name;
      }
    }
    for (const each of front) seen.add(each);
    const wanted = new Set(front.flatMap(({ values }) => values));
    front = before.filter((each) =>
      !seen.has(each) &&
      each.values.some((value, i) => wanted.has(value) && each.dispatch.bindings[i]?.access !== "read")
    );
  }
  return undefined;
}
