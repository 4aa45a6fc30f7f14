/**
 * The network that is trained: MobileNetV2, then optionally a linear projection, a neck and an identity head.
 *
 * The neck is a batch norm without shift after the features. Pooled ReLU features are all positive: every two of them
 * point in nearly the same direction, and a triplet loss on them tends to shrink them to one point. Centered and scaled,
 * they cannot collapse. BNNeck (Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification",
 * 2019) has another reason: triplet loss and identity loss have conflicting goals, so the former uses the features
 * before the neck and the latter those after it.
 */
import {
  type Device,
  l2Normalize,
  type Parameter,
  ParameterSet,
  type Random,
  type Tensor,
} from "../engine/mod.ts";
import { BatchNorm, type Mode } from "./layers/batch_norm.ts";
import { Linear } from "./layers/linear.ts";
import { type MobileNetOptions, MobileNetV2 } from "./mobilenet_v2.ts";
import type { ModelSpec } from "./model_spec.ts";

/** The features before and after the neck, [N, D] each. */
export interface NeckFeatures {
  /** Before the neck: projected where there is a projection. */
  readonly before: Tensor;
  /** After the neck; the same as `before` where there is no neck. */
  readonly after: Tensor;
}

/** Shorter rows are not scaled to length one. */
export const LEAST_NORM = 1e-12;
/**
 * The neck's statistics start from zero knowledge of the features. With a higher momentum, as in Keras, they would need
 * thousands of steps to adapt.
 */
const MOST_NECK_MOMENTUM = 0.9;

/** A network with its parameters on the GPU. */
export class ReidModel {
  /** Weights and running statistics; free them with `parameters.destroy()`. */
  readonly parameters: ParameterSet;
  /** Bytes of the running statistics, with which the state of the set begins. */
  readonly statisticsBytes: number;
  /** The parameters of MobileNetV2; all others belong to the head. */
  readonly backbone: ReadonlySet<Parameter>;
  readonly #backbone: MobileNetV2;
  readonly #embedding: Linear | undefined;
  readonly #neck: BatchNorm | undefined;
  readonly #head: Linear | undefined;

  /**
   * Builds the network with initial weights drawn from `random`.
   *
   * @throws {RangeError} When the width multiplier is not above 0.
   */
  constructor(
    device: Device,
    /** The network's settings. */
    readonly spec: ModelSpec,
    random: Random,
    /** Options of the initial weights: see `MobileNetOptions`. */
    start: Pick<MobileNetOptions, "silentResiduals"> = {},
  ) {
    this.parameters = new ParameterSet(device);
    this.#backbone = new MobileNetV2(this.parameters, random, { ...spec, ...start });
    this.backbone = new Set(this.parameters.parameters);
    const { features } = this.#backbone;
    if (spec.embeddingSize > 0) {
      this.#embedding = new Linear(this.parameters, "embedding", random, features, spec.embeddingSize, {
        bias: false,
      });
    }
    if (spec.neck !== "none") {
      const momentum = Math.min(spec.momentum, MOST_NECK_MOMENTUM);
      this.#neck = new BatchNorm(this.parameters, "neck", this.embeddingSize, {
        ...spec,
        momentum,
        shift: false,
      });
    }
    if (spec.identities > 0) {
      // With small initial weights every identity is about equally likely.
      this.#head = new Linear(this.parameters, "identity", random, this.embeddingSize, spec.identities, {
        deviation: 0.001,
        bias: spec.neck !== "bnneck",
      });
    }
    this.statisticsBytes = this.parameters.stateBytes;
  }

  /** The parameters of the identity head; empty where there is no head. */
  get identityHead(): readonly Parameter[] {
    return [this.#head?.weight, this.#head?.bias].filter((parameter) => parameter !== undefined);
  }

  /** Length of an embedding. */
  get embeddingSize(): number {
    return this.spec.embeddingSize || this.#backbone.features;
  }

  /** Normalized images [N, H, W, 3] → pooled features [N, 1280]. */
  features(images: Tensor, mode: Mode): Tensor {
    return this.#backbone.apply(images, mode);
  }

  /** Normalized images [N, H, W, 3] → the feature map before the pooling [N, h, w, 1280]. */
  featureMap(images: Tensor, mode: Mode): Tensor {
    return this.#backbone.featureMap(images, mode);
  }

  /** Features [N, 1280] → embeddings [N, {@link embeddingSize}], taken before or after the neck as the spec says. */
  embed(features: Tensor, mode: Mode): Tensor {
    return this.#scaled(this.unscaledEmbeddings(features, mode));
  }

  /**
   * Features [N, 1280] → embeddings before they are scaled to length one, [N, {@link embeddingSize}]. In inference this is
   * linear up to a constant: the result for a mean of features is the mean of the results.
   */
  unscaledEmbeddings(features: Tensor, mode: Mode): Tensor {
    const { before, after } = this.neckFeatures(features, mode);
    return this.spec.testFeature === "before" ? before : after;
  }

  /** Features [N, 1280] → features before and after the neck, [N, {@link embeddingSize}] each, not normalized. */
  neckFeatures(features: Tensor, mode: Mode): NeckFeatures {
    const before = this.#embedding ? this.#embedding.apply(features) : features;
    return { before, after: this.#neck ? this.#neck.apply(before, mode, false) : before };
  }

  /** The features for triplet losses, [N, {@link embeddingSize}]: see {@link NECKS}. */
  tripletFeatures({ before, after }: NeckFeatures): Tensor {
    return this.spec.neck === "bnneck" ? before : this.#scaled(after);
  }

  /** Logits [N, identities] of the identity head. @throws {TypeError} When the model has none. */
  logits({ after }: NeckFeatures): Tensor {
    if (!this.#head) throw new TypeError("This model has no identity head");
    return this.#head.apply(after);
  }

  #scaled(x: Tensor): Tensor {
    return this.spec.normalize ? l2Normalize(x, LEAST_NORM) : x;
  }
}
