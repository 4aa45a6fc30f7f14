/** Published weights of MobileNetV2 from a safetensors file, as the values of this program's parameters. */
import { type ChangeSettings, UserError } from "../../engine/errors.ts";
import { type SafetensorsFile, type SafetensorsTensor, toFloat32 } from "../safetensors.ts";
import { type ConventionKey, CONVENTIONS } from "../conventions.ts";
import { firstFew } from "../first_few.ts";
import { keysOf } from "../settings.ts";
import { FAMILIES, type Family, type FamilyKey, type LayerNames } from "./families.ts";
import { backboneNames, familyOf, sortTensors } from "./tensor_names.ts";
import { type NetworkLayer, networkLayers } from "../network_layers.ts";
import { fromOihw, weightShape } from "./weight_axes.ts";

/** Thrown for a file whose tensors are not those of a MobileNetV2; the message is for the user. */
export class PretrainedError extends UserError<ChangeSettings<"width">> {
  /** "PretrainedError". */
  override readonly name = "PretrainedError";
}

/** The content of a file of weights. */
export interface PretrainedBackbone {
  /** The family of the tensors' names. */
  readonly family: FamilyKey;
  /** The convention of the weights: the family's, unless the file names another. */
  readonly convention: ConventionKey;
  /** Whether the convention is not the family's: the file was exported from a network of another one. */
  readonly exported: boolean;
  /** Width multiplier. */
  readonly width: number;
  /** Values, row-major, by the names of the backbone's parameters (`stem.weight`, `block1.depthwise.gamma`, ...). */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Tensors of the file that are known and not needed: heads, counts of batches. */
  readonly ignored: readonly string[];
  /** What stood before the family's names in the file, such as `module.`. */
  readonly prefixes: readonly string[];
}

/**
 * Key of a file's metadata that may name the convention of its weights. Exported networks have it, since they use
 * torchvision's names with any padding.
 */
export const CONVENTION_METADATA = "reid_convention";

/** Width multipliers with published weights: tried first. */
const PUBLISHED_WIDTHS = [0.35, 0.5, 0.75, 1, 1.3, 1.4];
/** Then every hundredth between these. */
const [LEAST_WIDTH, MOST_WIDTH] = [0.35, 1.4];

/**
 * Detects the family and width of a file, checks every tensor, and converts the weights to this program's layouts.
 *
 * @param width The expected width multiplier; any by default.
 * @throws {PretrainedError} When the file has another network or width, a missing or unknown tensor, values that a
 * trained network cannot have, or an unknown convention.
 */
export function readPretrained(file: SafetensorsFile, width?: number): PretrainedBackbone {
  const names = [...file.tensors.keys()];
  const family = familyOf(names) ?? refuseNames(names);
  const { backbone: tensors, prefixes, ignored, unknown, twice } = sortTensors(file.tensors, family);
  const { otherNetwork } = family;
  if (otherNetwork !== undefined && unknown.some((name) => otherNetwork.names.test(name))) {
    throw new PretrainedError(
      `It has ${family.key}'s names, and it is another network: ${otherNetwork.reason}. Give MobileNetV2 weights of ` +
        "torchvision, timm or Keras.",
    );
  }
  if (twice) {
    throw new PretrainedError(`It has a tensor twice, as ${twice.join(" and as ")}: keep one of them.`);
  }
  const found = widthOf(family, tensors, width);
  const layers = networkLayers(found);
  const missing = [...backboneNames(family)].filter((name) => !tensors.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    const complaints = [
      ...(missing.length > 0 ? [`lacks ${firstFew(missing)}`] : []),
      ...(unknown.length > 0 ? [`has ${firstFew(unknown)}, which are not part of MobileNetV2`] : []),
    ];
    throw new PretrainedError(
      `Its tensors have ${family.key}'s names of MobileNetV2, but it ${
        complaints.join("; and it ")
      }. Give weights of ` +
        "the whole, unchanged MobileNetV2.",
    );
  }
  refuseOtherShapes(family, layers, tensors, found);
  const values = new Map<string, Float32Array>();
  for (const layer of layers) {
    const names = family.names(layer);
    for (const role of ROLES) {
      const name = names[role];
      const read = finite(name, tensorOf(tensors, name));
      if (role === "variance" && read.some((value) => value < 0)) {
        throw new PretrainedError(`${name} has a variance below 0: the file is damaged. Download it again.`);
      }
      const data = role === "weight" && family.axes === "OIHW" ? fromOihw(layer, read) : read;
      values.set(`${layer.name}.${PARAMETER[role]}`, data);
    }
  }
  const convention = conventionOf(file, family);
  return {
    family: family.key,
    convention,
    exported: convention !== family.convention,
    width: found,
    values,
    ignored,
    prefixes,
  };
}

function conventionOf({ metadata }: SafetensorsFile, family: Family): ConventionKey {
  const named = metadata[CONVENTION_METADATA] ?? family.convention;
  const convention = keysOf(CONVENTIONS).find((key) => key === named);
  if (convention !== undefined) return convention;
  throw new PretrainedError(
    `Its metadata has the unknown convention "${named}" for padding, batch norm and colors. Give weights of one of ` +
      `${Object.keys(CONVENTIONS).join(", ")}.`,
  );
}

/** The names of a layer's tensors in this program's parameters. */
export const PARAMETER: Readonly<LayerNames> = {
  weight: "weight",
  gamma: "gamma",
  beta: "beta",
  mean: "running_mean",
  variance: "running_variance",
};
const ROLES = keysOf(PARAMETER);

function tensorOf(tensors: ReadonlyMap<string, SafetensorsTensor>, name: string): SafetensorsTensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new PretrainedError(`It lacks ${name}.`);
  return tensor;
}

/** @throws {PretrainedError} Whose names belong to no family. */
function refuseNames(names: readonly string[]): never {
  const examples = FAMILIES.map(({ key, names }) => `${names(networkLayers(1)[0]).weight} (${key})`).join(
    ", ",
  );
  throw new PretrainedError(
    `It is not a MobileNetV2 of a known library: it has ${
      firstFew(names)
    }, where the first convolution would be ` +
      `${examples}. Give MobileNetV2 weights with one of these libraries' names.`,
  );
}

/** Width by the number of channels after each convolution. @throws {PretrainedError} When it is not the wanted one. */
function widthOf(family: Family, tensors: ReadonlyMap<string, SafetensorsTensor>, wanted?: number): number {
  const hundredths = Array.from(
    { length: Math.round((MOST_WIDTH - LEAST_WIDTH) * 100) + 1 },
    (_, i) => Math.round(LEAST_WIDTH * 100 + i) / 100,
  );
  const candidates = [...(wanted === undefined ? [] : [wanted]), ...PUBLISHED_WIDTHS, ...hundredths];
  const fits = (width: number) =>
    networkLayers(width).filter((layer) => {
      const gamma = tensors.get(family.names(layer).gamma);
      return gamma?.shape.join() === `${layer.to}`;
    }).length;
  // The first of those that fit best: the wanted width, then published ones, then others.
  const best = candidates.map((width) => ({ width, fits: fits(width) }))
    .reduce((best, other) => other.fits > best.fits ? other : best);
  if (wanted !== undefined && best.width !== wanted) {
    throw new PretrainedError(
      `It is a MobileNetV2 of width ${best.width}, and width ${wanted} was asked for. Leave the width out to take that ` +
        "of the file, or give a file of the width that you want.",
      { remedies: [{ kind: "change", settings: ["width"] }] },
    );
  }
  return best.width;
}

function refuseOtherShapes(
  family: Family,
  layers: readonly NetworkLayer[],
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  width: number,
): void {
  const wrong = layers.flatMap((layer) => {
    const names = family.names(layer);
    return ROLES.flatMap((role) => {
      const shape = role === "weight" ? weightShape(layer, family.axes) : [layer.to];
      const found = tensorOf(tensors, names[role]).shape;
      return found.join() === shape.join() ? [] : [`${names[role]} [${found}] instead of [${shape}]`];
    });
  });
  if (wrong.length === 0) return;
  throw new PretrainedError(
    `Its shapes are not those of a MobileNetV2 of any width from ${LEAST_WIDTH} to ${MOST_WIDTH}; the nearest is ` +
      `${width}, but it has ${firstFew(wrong)}. Give weights of an unchanged MobileNetV2.`,
  );
}

function finite(name: string, tensor: SafetensorsTensor): Float32Array {
  let values: Float32Array;
  try {
    values = toFloat32(tensor);
  } catch (error) {
    throw new PretrainedError(`${name} cannot be used: ${(error as Error).message}.`);
  }
  if (values.every((value) => Number.isFinite(value))) return values;
  throw new PretrainedError(`${name} has non-finite values: the file is damaged. Download it again.`);
}
