/** The values of a parameter set as a safetensors file. */
import { EngineError } from "../engine/errors.ts";
import type { ParameterSet } from "../engine/parameter.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor, toFloat32 } from "./safetensors.ts";
import { quoted } from "./safetensors_json.ts";

/**
 * All parameters of a set, trainable or not, by their names, as the bytes of a safetensors file of F32. Optimizers' moments are
 * not among them.
 *
 * @param metadata strings to keep in the file's header.
 * @example A set that is saved and loaded into another
 * ```ts
 * import { Device, ParameterSet } from "@reid/webgpu/engine";
 * import { loadParameters, saveParameters } from "@reid/webgpu/model";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const [set, other] = [new ParameterSet(device), new ParameterSet(device)];
 * set.add("w", [2], [1, 2]);
 * const w = other.add("w", [2], [0, 0]);
 * const bytes = await saveParameters(set); // Deno.writeFile("model.safetensors", bytes)
 * loadParameters(other, bytes);
 * assert.deepEqual([...await w.read()], [1, 2]);
 * for (const owner of [set, other, device]) owner.destroy();
 * ```
 *
 * @throws {EngineError} when the set was destroyed.
 * @throws {DeviceLostError} when the device is gone.
 */
export async function saveParameters(
  set: ParameterSet,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [{ name, shape }, data] of (await set.read()).get("weights") ?? []) {
    tensors.set(name, { dtype: "F32", shape, data });
  }
  return encodeSafetensors(tensors, metadata);
}

/** So many names are listed in a message. */
const LISTED = 10;

function listed(list: readonly string[]): string {
  const more = list.length > LISTED ? ` and ${list.length - LISTED} more` : "";
  return list.slice(0, LISTED).join(", ") + more;
}

/** What {@link loadParameters} has left as it was. */
export interface Unloaded {
  /** Parameters that the file does not have. */
  readonly missing: readonly string[];
  /** Tensors of the file that the set does not have. */
  readonly unexpected: readonly string[];
}

/**
 * Overwrites the parameters of a set by the tensors of a safetensors file that have their names. F16, BF16 and F64 become f32.
 *
 * @param options.strict whether names that only one of the two has are refused; true by default.
 * @returns the names that only one of the two has.
 * @throws {SafetensorsError} when the bytes are no such file, or a tensor is not of floating-point numbers.
 * @throws {EngineError} when names or shapes differ, which the message lists, or the set was destroyed. Nothing has been
 *   written then.
 */
export function loadParameters(
  set: ParameterSet,
  bytes: Uint8Array,
  { strict = true }: { strict?: boolean } = {},
): Unloaded {
  set.check(set.device);
  const { tensors } = decodeSafetensors(bytes);
  const { parameters } = set;
  const missing = parameters.map(({ name }) => name).filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter((name) => !set.get(name));
  const found = parameters.flatMap((parameter) => {
    const tensor = tensors.get(parameter.name);
    return tensor ? [{ parameter, tensor }] : [];
  });
  const differing = found.filter(({ parameter, tensor }) => parameter.shape.join() !== tensor.shape.join())
    .map(({ parameter: { name, shape }, tensor }) =>
      `${quoted(name)} is [${tensor.shape}] and not [${shape}]`
    );
  const faults = [
    ["has no", strict ? missing.map(quoted) : []],
    ["has, and the set has not,", strict ? unexpected.map(quoted) : []],
    ["has other shapes:", differing],
  ] as const;
  const texts = faults.flatMap(([what, list]) => list.length > 0 ? [`${what} ${listed(list)}`] : []);
  if (texts.length > 0) {
    const remedy = differing.length > 0 ? "" : ". Not strict, what both have can be loaded";
    throw new EngineError(`The file is not of these parameters: it ${texts.join("; it ")}${remedy}`);
  }
  const values = found.map(({ parameter, tensor }) => [parameter, toFloat32(tensor)] as const);
  for (const [parameter, data] of values) parameter.write(data);
  return { missing, unexpected };
}
