/** The network that is trained: MobileNetV2, optionally a linear projection, optionally an identity head. */
import { type Device, l2Normalize, ParameterSet, type Random, type Tensor } from "../engine/mod.ts";
import { Dense, type Mode, type Padding } from "./layers.ts";
import { MobileNetV2 } from "./mobilenet_v2.ts";

/** Everything that decides the network's shape and arithmetic; kept in checkpoints. */
export interface ModelSpec {
  /** Width multiplier of MobileNetV2. */
  readonly width: number;
  /** Size of the input in pixels. */
  readonly imageHeight: number;
  readonly imageWidth: number;
  /** Size of the projection of the pooled features, or 0: the features are the embedding. */
  readonly embeddingSize: number;
  /** Whether embeddings have length one. */
  readonly normalize: boolean;
  /** Classes of the identity head, or 0 for none. */
  readonly identities: number;
  readonly padding: Padding;
  /** Batch norm's epsilon and momentum. */
  readonly epsilon: number;
  readonly momentum: number;
}

/** Rows shorter than this are not stretched to length one. */
const LEAST_NORM = 1e-12;

/** A network with its parameters on the GPU. */
export class ReidModel {
  readonly parameters: ParameterSet;
  readonly #backbone: MobileNetV2;
  readonly #embedding: Dense | undefined;
  readonly #head: Dense | undefined;

  constructor(device: Device, readonly spec: ModelSpec, random: Random) {
    this.parameters = new ParameterSet(device);
    this.#backbone = new MobileNetV2(this.parameters, random, spec);
    const { features } = this.#backbone;
    if (spec.embeddingSize > 0) {
      this.#embedding = new Dense(this.parameters, "embedding", random, features, spec.embeddingSize, { bias: false });
    }
    if (spec.identities > 0) {
      // Small weights: at first every identity is about equally likely.
      this.#head = new Dense(this.parameters, "identity", random, features, spec.identities, { deviation: 0.001 });
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
  embed(features: Tensor): Tensor {
    const projected = this.#embedding ? this.#embedding.apply(features) : features;
    return this.spec.normalize ? l2Normalize(projected, LEAST_NORM) : projected;
  }

  /** Features [N, 1280] → logits [N, identities]. @throws {TypeError} for a model without an identity head. */
  logits(features: Tensor): Tensor {
    if (!this.#head) throw new TypeError("This model has no identity head");
    return this.#head.apply(features);
  }
}
