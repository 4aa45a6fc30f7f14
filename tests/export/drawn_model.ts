/** Networks of random weights and running statistics whose features still tell images apart, made without a GPU. */
import { CONVENTIONS } from "../../model/conventions.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { networkLayers } from "../../model/network_layers.ts";
import type { SafetensorsTensor } from "../../model/safetensors.ts";
import type { TrainedModel } from "../../model/trained_model.ts";
import { ownShape } from "../../model/network_tensors.ts";
import { seededRandom } from "../reference/seeded_random.ts";

/** The settings of a small network, changed as a test needs it. */
export function smallSpec(changes: Partial<ModelSpec> = {}): ModelSpec {
  return {
    ...CONVENTIONS.own,
    momentum: 0.9,
    width: 0.1,
    imageHeight: 52, // Strided convolutions see even and odd sizes.
    imageWidth: 36,
    embeddingSize: 0,
    neck: "embedding",
    testFeature: "after",
    normalize: true,
    identities: 0,
    ...changes,
  };
}

/** A network as it could be after training: every batch norm has other values. */
export function drawModel(spec: ModelSpec, seed: number): TrainedModel {
  const random = seededRandom(seed);
  const tensors = new Map<string, SafetensorsTensor>();
  const add = (name: string, shape: readonly number[], value: () => number) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
    tensors.set(name, { dtype: "F32", shape, data });
  };
  const between = (low: number, high: number) => () => low + (high - low) * random.uniform();
  const norm = (name: string, channels: number, shift: boolean) => {
    // Norms that make their input larger on the average, layer after layer, would do so with rounding errors too: those
    // of training don't, and ONNX Runtime with and without its optimizations would disagree by 1e-4.
    add(`${name}.gamma`, [channels], between(0.5, 1.1));
    if (shift) add(`${name}.beta`, [channels], between(-0.3, 0.5));
    add(`${name}.running_mean`, [channels], between(-0.3, 0.3));
    add(`${name}.running_variance`, [channels], between(0.5, 1.5));
  };
  const layers = networkLayers(spec.width);
  for (const layer of layers) {
    const fanIn = layer.part === "depthwise" ? 9 : layer.from * (layer.part === "stem" ? 9 : 1);
    add(`${layer.name}.weight`, ownShape(layer), () => Math.sqrt(2 / fanIn) * random.normal());
    norm(layer.name, layer.to, true);
  }
  const features = layers.at(-1)!.to;
  if (spec.embeddingSize > 0) {
    add("embedding.weight", [features, spec.embeddingSize], () => random.normal() / Math.sqrt(features));
  }
  if (spec.neck !== "none") norm("neck", spec.embeddingSize || features, false);
  return { spec, step: 234, tensors };
}
