/** Reading a trained network's values by the names of its parameters. */
import type { NormValues } from "../model/folded_weights.ts";
import { type NetworkLayer, networkLayers } from "../model/pretrained/network_layers.ts";
import { ModelFileError, type TrainedModel } from "../model/trained_model.ts";

/**
 * A weight or running statistic, row-major.
 *
 * @throws {ModelFileError} when it is missing or of another shape.
 */
export function valuesOf(
  model: TrainedModel,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const tensor = model.tensors.get(name);
  if (tensor?.dtype !== "F32" || tensor.shape.join() !== shape.join()) {
    const found = tensor ? `is ${tensor.dtype} [${tensor.shape}]` : "is not there";
    throw new ModelFileError(`${name} should be F32 [${shape}] and ${found}`);
  }
  return Float32Array.from(tensor.data as Float32Array);
}

/** The shape of a convolution's weight in this program. */
export function ownShape({ part, from, to }: NetworkLayer): number[] {
  if (part === "stem") return [3, 3, from, to];
  return part === "depthwise" ? [3, 3, to] : [from, to];
}

/**
 * The batch norm of a layer.
 *
 * @param shift whether it has one.
 * @throws {ModelFileError} when a value is missing or of another shape.
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
 * Refuses a network that is not whole.
 *
 * @throws {ModelFileError} when a value is missing or of another shape.
 */
export function requireWhole(model: TrainedModel): void {
  const layers = networkLayers(model.spec.width);
  for (const layer of layers) {
    valuesOf(model, `${layer.name}.weight`, ownShape(layer));
    normOf(model, layer.name, layer.to);
  }
  const { embeddingSize, neck } = model.spec;
  const features = layers.at(-1)!.to;
  if (embeddingSize > 0) valuesOf(model, "embedding.weight", [features, embeddingSize]);
  if (neck !== "none") normOf(model, "neck", embeddingSize || features, false);
}
