/** A small network with every kind of layer that MobileNetV2 has, a head, and one training step of it. */
import {
  add,
  affine,
  type Device,
  f32,
  globalAveragePool,
  l2Normalize,
  type Optimizer,
  ParameterSet,
  Program,
  Random,
  type RecordOptions,
  residualAdd,
  type Tensor,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { identityLoss, type LossName, lossTable } from "../../losses/mod.ts";
import { Linear, type Mode, NormedConv } from "../../model/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const OPTIONS = { epsilon: 1e-3, momentum: 0.9, padding: "same" } as const;

/** Images that the network takes, and their identities. */
export const IMAGES: readonly number[] = [6, 9, 7, 3];
/** Identities of the six images. */
export const LABELS = [0, 1, 2, 0, 1, 2];

/** Stem, one inverted residual with stride 1 and its sum, one depthwise layer with stride 2, pooling, an identity head. */
export class SmallNetwork {
  readonly set: ParameterSet;
  readonly body: NormedConv[];
  readonly head: Linear;

  constructor(device: Device, seed = 1) {
    const set = this.set = new ParameterSet(device);
    const random = new Random(seed);
    const linear = { ...OPTIONS, relu6: false };
    this.body = [
      NormedConv.full(set, "stem", random, 3, 6, { ...OPTIONS, stride: 2 }),
      NormedConv.pointwise(set, "expand", random, 6, 20, { ...OPTIONS, relu6: true }),
      NormedConv.depthwise(set, "depthwise", random, 20, { ...OPTIONS, stride: 1 }),
      NormedConv.pointwise(set, "project", random, 20, 6, linear),
      NormedConv.depthwise(set, "last", random, 6, { ...OPTIONS, stride: 2 }),
    ];
    this.head = new Linear(set, "head", random, 6, 3);
  }

  /** Images to pooled features [N, 6]. */
  features(images: Tensor, mode: Mode = "training"): Tensor {
    const [stem, expand, depthwise, project, last] = this.body;
    const x = stem.apply(images, mode);
    const branch = project.apply(depthwise.apply(expand.apply(x, mode), mode), mode);
    return globalAveragePool(last.apply(residualAdd(x, branch), mode));
  }

  /** The triplet loss of that key plus half the identity loss. */
  loss(features: Tensor, labels: Uint32Tensor, key: LossName): { loss: Tensor; metrics: Tensor } {
    const options = { margin: 0.3, metric: "euclidean", softMargin: false } as const;
    const { loss, metrics } = lossTable[key].apply(l2Normalize(features, 1e-12), labels, options);
    const identity = identityLoss(this.head.apply(features), labels, 0.1);
    return { loss: add(loss, affine(identity.loss, 0.5, 0)), metrics };
  }

  /** A program that trains the network by one step. */
  async trainingStep(optimizer: Optimizer, key: LossName = "hard", options: RecordOptions = {}) {
    const inputs = { images: f32(IMAGES), labels: u32([IMAGES[0]]) };
    return await Program.record(this.set.device, inputs, ({ images, labels }) => {
      const { loss, metrics } = this.loss(this.features(images), labels, key);
      optimizer.minimize(loss);
      return { loss, metrics };
    }, options);
  }
}

/** Images from a seed. */
export function drawImages(seed = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: IMAGES.reduce((a, b) => a * b) }, () => random.normal());
}
