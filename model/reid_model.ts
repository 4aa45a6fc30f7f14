/**
 * The network that is trained: MobileNetV2, then optionally a linear projection, a neck and an identity head.
 *
 * The neck is a batch norm without shift between the features and the embedding. Pooled ReLU features are all
 * positive, so that every two of them point nearly the same way, and a triplet loss that starts there tends to shrink
 * them to one point. Centred and scaled, they cannot collapse.
 */
import { type Device, l2Normalize, ParameterSet, type Random, type Tensor } from "../engine/mod.ts";
import { BatchNorm, Dense, type Mode, type Padding } from "./layers.ts";
import { type MobileNetOptions, MobileNetV2 } from "./mobilenet_v2.ts";

/** Everything that decides the network's shape and arithmetic; kept in checkpoints. */
export interface ModelSpec {
  /** Width multiplier of MobileNetV2. */
  readonly width: number;
  /** Height of the input in pixels. */
  readonly imageHeight: number;
  /** Width of the input in pixels. */
  readonly imageWidth: number;
  /** Size of the projection of the pooled features, or 0: the features are the embedding. */
  readonly embeddingSize: number;
  /** Whether a batch norm without shift comes before the embedding's normalisation. */
  readonly neck: boolean;
  /** Whether embeddings have length one. */
  readonly normalize: boolean;
  /** Classes of the identity head, or 0 for none. */
  readonly identities: number;
  /** Where convolutions of stride 2 put their padding. */
  readonly padding: Padding;
  /** What batch norm adds to the variance. */
  readonly epsilon: number;
  /** Share of batch norm's running statistics that stays at every step. */
  readonly momentum: number;
}

/** Rows shorter than this are not stretched to length one. */
const LEAST_NORM = 1e-12;

/** A network with its parameters on the GPU. */
export class ReidModel {
  /** Weights and running statistics; free them with `parameters.destroy()`. */
  readonly parameters: ParameterSet;
  readonly #backbone: MobileNetV2;
  readonly #embedding: Dense | undefined;
  readonly #neck: BatchNorm | undefined;
  readonly #head: Dense | undefined;

  /**
   * Builds the network with first weights drawn from `random`.
   *
   * @throws {RangeError} when the width multiplier is not above 0.
   */
  constructor(
    device: Device,
    /** What it was built from. */
    readonly spec: ModelSpec,
    random: Random,
    /** How the first weights differ from the paper's: see `MobileNetOptions`. */
    start: Pick<MobileNetOptions, "silentResiduals"> = {},
  ) {
    this.parameters = new ParameterSet(device);
    this.#backbone = new MobileNetV2(this.parameters, random, { ...spec, ...start });
    const { features } = this.#backbone;
    if (spec.embeddingSize > 0) {
      this.#embedding = new Dense(this.parameters, "embedding", random, features, spec.embeddingSize, {
        bias: false,
      });
    }
    if (spec.neck) {
      this.#neck = new BatchNorm(this.parameters, "neck", this.embeddingSize, { ...spec, shift: false });
    }
    if (spec.identities > 0) {
      // Small weights: at first every identity is about equally likely.
      this.#head = new Dense(this.parameters, "identity", random, features, spec.identities, {
        deviation: 0.001,
      });
    }
  }

  /** Length of an embedding. */
  get embeddingSize(): number {
    return this.spec.embeddingSize || this.#backbone.features;
  }

  /** Normalised images [N, H, W, 3] → pooled features [N, 1280]. */
  features(images: Tensor, mode: Mode): Tensor {
    return this.#backbone.apply(images, mode);
  }

  /** Features [N, 1280] → embeddings [N, {@link embeddingSize}]. */
  embed(features: Tensor, mode: Mode): Tensor {
    let x = this.#embedding ? this.#embedding.apply(features) : features;
    if (this.#neck) x = this.#neck.apply(x, mode, false);
    return this.spec.normalize ? l2Normalize(x, LEAST_NORM) : x;
  }

  /** Features [N, 1280] → logits [N, identities]. @throws {TypeError} for a model without an identity head. */
  logits(features: Tensor): Tensor {
    if (!this.#head) throw new TypeError("This model has no identity head");
    return this.#head.apply(features);
  }
}
