/** What each tensor of a file of weights is to a MobileNetV2, also where the file as a whole is not one. */
import { UserError } from "../../engine/errors.ts";
import { networkLayers } from "../network_layers.ts";
import type { SafetensorsTensor } from "../safetensors.ts";
import { floatsOf } from "../safetensors_dtype.ts";
import { keysOf } from "../settings.ts";
import type { FamilyKey } from "./families.ts";
import { PARAMETER, type PretrainedBackbone, readPretrained } from "./pretrained.ts";
import { familyOf, isCounter, sortTensors } from "./tensor_names.ts";

/** What a tensor is: the backbone's (with the name of the parameter), and what is left over. */
export type TensorUse =
  | { readonly kind: "backbone"; readonly parameter: string }
  | { readonly kind: "head" | "count" | "unknown" };

/** A file's tensors. */
export interface Inventory {
  /** Whose names of MobileNetV2 most of them have; undefined for other networks. */
  readonly family: FamilyKey | undefined;
  /** What each of them is, by its name in the file. */
  readonly uses: ReadonlyMap<string, TensorUse>;
  /** The network's backbone, or why it is none that can be taken over. */
  readonly result: { readonly backbone: PretrainedBackbone } | { readonly reason: string };
  /** How many values are NaN or infinite, by the names of the tensors that have any. */
  readonly nonFinite: ReadonlyMap<string, number>;
}

/** Looks at every tensor of a file. */
export function takeInventory(
  file: { readonly tensors: Map<string, SafetensorsTensor>; readonly metadata: Record<string, string> },
): Inventory {
  const { tensors } = file;
  const family = familyOf([...tensors.keys()]);
  const uses = new Map<string, TensorUse>([...tensors.keys()].map((name) => [name, { kind: "unknown" }]));
  if (family !== undefined) {
    const { sources, ignored } = sortTensors(tensors, family);
    for (const name of ignored) uses.set(name, { kind: isCounter(name) ? "count" : "head" });
    for (const layer of networkLayers(1)) {
      const names = family.names(layer);
      for (const role of keysOf(PARAMETER)) {
        const source = sources.get(names[role]);
        if (source !== undefined) {
          uses.set(source, { kind: "backbone", parameter: `${layer.name}.${PARAMETER[role]}` });
        }
      }
    }
  }
  return { family: family?.key, uses, result: tryBackbone(file), nonFinite: countNonFinite(tensors) };
}

function tryBackbone(file: Parameters<typeof readPretrained>[0]): Inventory["result"] {
  try {
    return { backbone: readPretrained(file) };
  } catch (error) {
    if (error instanceof UserError) return { reason: error.message };
    throw error;
  }
}

function countNonFinite(tensors: ReadonlyMap<string, SafetensorsTensor>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, { dtype, data }] of tensors) {
    // Doubles as they are: in f32 the largest are infinite.
    const values = data instanceof Float64Array ? data : floatsOf(dtype, data) ?? [];
    let count = 0;
    for (const value of values) if (!Number.isFinite(value)) count++;
    if (count > 0) counts.set(name, count);
  }
  return counts;
}
