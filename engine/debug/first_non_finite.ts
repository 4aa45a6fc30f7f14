/**
 * Where numbers stop being finite: a program's dispatches run one at a time, and the host looks at every number that each
 * has written.
 */
import {
  inTexture,
  precisionOf,
  tensorBytes,
  TEXTURE_WIDTH,
  textureRowBytes,
  unpadRows,
  vec4Count,
} from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import type { Memory } from "../plan/memory.ts";
import type { Pass, Recorded } from "../recorder.ts";
import { copyStaged, dispatch, type Stage } from "../plan/schedule.ts";
import type { Value } from "../value.ts";

/** What a tensor held that a dispatch was bound to. */
export interface Held {
  /** The name of the binding. */
  readonly name: string;
  /** The parameter that it is, or the gradient of which it is; undefined for all others. */
  readonly parameter: string | undefined;
  /** Size of each axis; of a whole buffer of a set, its padded length. */
  readonly shape: readonly number[];
  /** Elements. */
  readonly count: number;
  /** How many of them are NaN or infinite. */
  readonly broken: number;
  /** The first of those, with the parameter that it belongs to where the tensor holds several. */
  readonly first:
    | { readonly value: number; readonly index: readonly number[]; readonly parameter?: string }
    | undefined;
  /** The least and the greatest of the finite ones; undefined where there are none. */
  readonly range: readonly [number, number] | undefined;
}

/** A dispatch that wrote what is not finite. */
export interface NonFiniteDispatch {
  /** File name of its shader without the ending. */
  readonly kernel: string;
  /** The part of the program that it belongs to. */
  readonly pass: Pass;
  /** Its place among the program's dispatches, counted from 0. */
  readonly number: number;
  /** A parameter that it is bound to or else the nearest one before it, which tells the layer. */
  readonly near: string | undefined;
  /** What it read; of what it changed in place, what was there before. */
  readonly read: readonly Held[];
  /** What it wrote. */
  readonly wrote: readonly Held[];
}

/**
 * Runs a program's stages, one dispatch after another, up to the first that writes a number which is not finite.
 *
 * @param begin encodes what comes before the first stage.
 * @returns undefined where all is finite.
 */
export async function firstNonFinite(
  device: Device,
  memory: Memory,
  stages: readonly Stage[],
  begin: () => GPUCommandEncoder,
): Promise<NonFiniteDispatch | undefined> {
  const before: Recorded[] = [];
  let encoder = begin();
  for (const { copies, launches } of stages) {
    copyStaged(encoder, copies);
    for (const launch of launches) {
      const { recorded } = launch;
      device.gpu.queue.submit([encoder.finish()]);
      const changed = await held(device, memory, recorded, ["update"]);
      encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      dispatch(pass, launch);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      const wrote = await held(device, memory, recorded, ["write", "update"]);
      if (wrote.some(({ broken }) => broken > 0)) {
        const read = [...await held(device, memory, recorded, ["read"]), ...changed];
        const { dispatch: { kernel }, pass } = recorded;
        return { kernel, pass, number: before.length, near: nearestParameter(recorded, before), read, wrote };
      }
      before.push(recorded);
      encoder = device.gpu.createCommandEncoder();
    }
  }
  return undefined;
}

/** What lies in the f32 bindings of a dispatch that it accesses in one of these ways. */
async function held(
  device: Device,
  memory: Memory,
  { dispatch: { bindings }, values }: Recorded,
  accesses: readonly string[],
): Promise<Held[]> {
  const wanted = bindings.flatMap(({ name, access, type }, i) =>
    type === "f32" && accesses.includes(access) ? [{ name, access, value: values[i] }] : []
  );
  return await Promise.all(wanted.map(async ({ name, access, value }) => {
    // What programs read a parameter from is a copy.
    const place = memory.place(value, value.origin.kind === "parameter" ? "write" : access);
    return describe(name, value, await contents(device, value, place));
  }));
}

/** A tensor as it lies on the GPU, rows padded. */
async function contents(
  device: Device,
  value: Value,
  place: ReturnType<Memory["place"]>,
): Promise<Float32Array> {
  const precision = precisionOf(place.storage);
  const bytes = tensorBytes(value.shape, precision);
  const rowBytes = textureRowBytes(precision);
  const rows = Math.ceil(bytes / rowBytes);
  let staging: GPUBuffer | undefined;
  try {
    device.attempt("Cannot look at a tensor", () => {
      staging = device.gpu.createBuffer({
        size: inTexture(place.storage) ? rows * rowBytes : bytes,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      });
      const encoder = device.gpu.createCommandEncoder();
      if ("buffer" in place) {
        encoder.copyBufferToBuffer(place.buffer, place.offset, staging, 0, bytes);
      } else {
        encoder.copyTextureToBuffer({ texture: place.texture }, { buffer: staging, bytesPerRow: rowBytes }, [
          TEXTURE_WIDTH,
          rows,
        ]);
      }
      device.gpu.queue.submit([encoder.finish()]);
    });
    return await device.readBack(
      staging!,
      (mapped) =>
        precision === "f16"
          ? Float32Array.from(new Float16Array(mapped, 0, bytes / 2))
          : new Float32Array(mapped, 0, bytes / 4).slice(),
    );
  } finally {
    staging?.destroy();
  }
}

function describe(name: string, value: Value, padded: Float32Array): Held {
  const { shape, origin, placement } = value;
  const parameter = origin.kind === "parameter" ? origin.parameter : placement?.parameter;
  const data = unpadRows(padded, shape);
  let [broken, least, greatest] = [0, Infinity, -Infinity];
  let at = -1;
  data.forEach((number, i) => {
    if (!Number.isFinite(number)) {
      if (broken++ === 0) at = i;
    } else {
      least = Math.min(least, number);
      greatest = Math.max(greatest, number);
    }
  });
  return {
    name,
    parameter: parameter?.name,
    shape,
    count: data.length,
    broken,
    first: broken > 0 ? { value: data[at], ...placeOf(value, at) } : undefined,
    range: least <= greatest ? [least, greatest] : undefined,
  };
}

/** The index of a tensor's element; in a whole buffer of a set, the parameter there and the index in it. */
function placeOf({ shape, origin }: Value, element: number): { index: number[]; parameter?: string } {
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

/** A parameter that a dispatch is bound to, or one of those which its operands were made with, the nearest. */
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
      each.values.some((value, i) => wanted.has(value) && each.dispatch.bindings[i].access !== "read")
    );
  }
  return undefined;
}
