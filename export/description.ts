/** What an exported file says of the network in it: in sentences, and as texts by name for programs to read. */
import { COLOR_STATISTICS, type ConventionKey, CONVENTIONS } from "../model/conventions.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { networkLayers } from "../model/pretrained/network_layers.ts";
import { CONVENTION_METADATA } from "../model/pretrained/pretrained.ts";
import { modelIdentity, type TrainedModel } from "../model/trained_model.ts";

/** Who wrote the file. */
export const PRODUCER = { name: "@reid/webgpu", version: "0.1.0" };

/** The network in a sentence. */
export function inWords({ width, imageHeight, imageWidth, padding }: ModelSpec): string {
  return `MobileNetV2 (width ${width}, ${padding === "same" ? "SAME" : "symmetric"} padding) for person ` +
    `re-identification: crops of ${imageHeight} × ${imageWidth} pixels to embeddings.`;
}

/** Length of an embedding. */
export function embeddingSizeOf({ embeddingSize, width }: ModelSpec): number {
  return embeddingSize || networkLayers(width).at(-1)!.to;
}

/** The convention under which a network was trained, by its arithmetic; undefined where it is none that has a name. */
export function conventionOf(spec: ModelSpec): ConventionKey | undefined {
  const keys = Object.keys(CONVENTIONS) as ConventionKey[];
  return keys.find((key) => {
    const { padding, epsilon, momentum, color } = CONVENTIONS[key];
    return spec.padding === padding && spec.epsilon === epsilon && spec.momentum === momentum &&
      spec.color === color;
  });
}

/**
 * A file's metadata. Numbers and truth values are written as JSON has them.
 *
 * @param training the run's settings, where they are known.
 */
export async function describe(
  model: TrainedModel,
  training: object | undefined,
): Promise<Record<string, string>> {
  const { spec, step } = model;
  const { mean, deviation } = COLOR_STATISTICS[spec.color];
  return {
    architecture: "mobilenet_v2",
    width_multiplier: String(spec.width),
    image_height: String(spec.imageHeight),
    image_width: String(spec.imageWidth),
    color_order: "RGB",
    mean: JSON.stringify(mean),
    std: JSON.stringify(deviation),
    embedding_size: String(embeddingSizeOf(spec)),
    projection_size: String(spec.embeddingSize),
    neck: spec.neck,
    test_feature: spec.testFeature,
    normalize: String(spec.normalize),
    padding: spec.padding,
    batch_norm_epsilon: String(spec.epsilon),
    // As PyTorch counts it: the share of the batch.
    batch_norm_momentum: String(Number((1 - spec.momentum).toPrecision(12))),
    [CONVENTION_METADATA]: conventionOf(spec) ?? "other",
    model_identity: await modelIdentity(model),
    training_step: String(step),
    ...(training && { training_options: JSON.stringify(training) }),
    producer: `${PRODUCER.name} ${PRODUCER.version}`,
  };
}
