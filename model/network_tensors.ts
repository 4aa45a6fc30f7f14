/** Reading a trained network's values by the names of its parameters. */
import type { NormValues } from "./folded_weights.ts";
import { featureCount, type NetworkLayer, networkLayers } from "./network_layers.ts";
import { type TrainedModel, valuesOf } from "./trained_model.ts";

/** The shape of a convolution's weight in this program. */
export function ownShape({ part, from, to }: NetworkLayer): number[] {
  if (part === "stem") return [3, 3, from, to];
  return part === "depthwise" ? [3, 3, to] : [from, to];
}

/**
 * The batch norm of a layer.
 *
 * @param shift Whether it has a shift.
 * @throws {ModelFileError} When a tensor is missing or has another shape.
 */
export function normOf(model: TrainedModel, name: string, channels: number, shift = true): NormValues {
  const value = (role: string) => valuesOf(model, `${name}.${role}`, [channels]);
  return {
    gamma: value("gamma"),
    beta: shift ? value("beta") : undefined,
    mean: value("running_mean"),
    variance: value("running_variance"),
    epsilon: model.spec.epsilon,
  };
}

/**
 * Checks that a network is complete.
 *
 * @throws {ModelFileError} When a tensor is missing or has another shape.
 */
export function requireWhole(model: TrainedModel): void {
  for (const layer of networkLayers(model.spec.width)) {
    valuesOf(model, `${layer.name}.weight`, ownShape(layer));
    normOf(model, layer.name, layer.to);
  }
  const { embeddingSize, neck, width } = model.spec;
  if (embeddingSize > 0) valuesOf(model, "embedding.weight", [featureCount(width), embeddingSize]);
  if (neck !== "none") normOf(model, "neck", embeddingSize || featureCount(width), false);
}
