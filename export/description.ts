/** The description of a network in an exported file: a sentence, and metadata by name. */
import { COLOR_STATISTICS, type ConventionKey, CONVENTIONS } from "../model/conventions.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import { featureCount } from "../model/network_layers.ts";
import { keysOf } from "../model/settings.ts";
import { CONVENTION_METADATA } from "../model/pretrained/pretrained.ts";
import { modelIdentity, type TrainedModel } from "../model/trained_model.ts";

/** The program that wrote the file. */
export const PRODUCER = { name: "@reid/webgpu", version: "0.1.0" };

/** The network in a sentence. */
export function inWords({ width, imageHeight, imageWidth, padding }: ModelSpec): string {
  return `MobileNetV2 (width ${width}, ${padding === "same" ? "SAME" : "symmetric"} padding) for person ` +
    `re-identification: crops of ${imageHeight} × ${imageWidth} pixels to embeddings.`;
}

/** Length of an embedding. */
export function embeddingSizeOf({ embeddingSize, width }: ModelSpec): number {
  return embeddingSize || featureCount(width);
}

/** The convention with a network's settings; undefined where none has them. */
export function conventionOf(spec: ModelSpec): ConventionKey | undefined {
  return keysOf(CONVENTIONS).find((key) => {
    const { padding, epsilon, color } = CONVENTIONS[key];
    return spec.padding === padding && spec.epsilon === epsilon && spec.color === color;
  });
}

/**
 * A file's metadata. Numbers and booleans are written as in JSON.
 *
 * @param training The run's settings, where they are known.
 */
export async function describe(
  model: TrainedModel,
  training: object | undefined,
): Promise<Record<string, string>> {
  const { spec, step, thresholds } = model;
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
    // As in PyTorch: the share of the batch.
    batch_norm_momentum: String(Number((1 - spec.momentum).toPrecision(12))),
    [CONVENTION_METADATA]: conventionOf(spec) ?? "other",
    model_identity: await modelIdentity(model),
    ...(thresholds && { thresholds: JSON.stringify(thresholds) }),
    training_step: String(step),
    ...(training && { training_options: JSON.stringify(training) }),
    producer: `${PRODUCER.name} ${PRODUCER.version}`,
  };
}
