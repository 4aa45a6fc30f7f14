/** Convolutions over images, with or without bias. */
import { EngineError } from "../../engine/errors.ts";
import { conv2d, type Conv2dOptions } from "../../engine/ops/convolution.ts";
import type { Parameter, ParameterSet } from "../../engine/parameter.ts";
import type { Random } from "../../engine/random.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { fanInUniform } from "./initial_values.ts";

/** Options of {@link Conv2d}. */
export interface Conv2dLayerOptions
  extends Pick<Conv2dOptions, "stride" | "padding" | "dilation" | "groups"> {
  /** Width and height of the kernel; 3 by default. */
  readonly size?: number;
  /** Whether there is a bias; true by default. */
  readonly bias?: boolean;
}

/**
 * A convolution: x [N, H, W, from] → [N, OH, OW, to]. It begins as PyTorch's: weights and bias uniform within
 * ±1 / sqrt(size² · from / groups).
 *
 * @example A small network for images of digits
 * ```ts
 * import { Device, f32, maxPool2d, ParameterSet, Program, Random, relu, reshape } from "@reid/webgpu/engine";
 * import { BatchNorm, Conv2d, Linear } from "@reid/webgpu/model";
 * import assert from "node:assert/strict";
 *
 * const device = await Device.open();
 * const [set, random] = [new ParameterSet(device), new Random(1)];
 * const conv = new Conv2d(set, "conv", random, 1, 8, { padding: "same", bias: false });
 * const norm = new BatchNorm(set, "norm", 8);
 * const last = new Linear(set, "last", random, 14 * 14 * 8, 10);
 * const program = await Program.record(device, { images: f32([2, 28, 28, 1]) }, ({ images }) => {
 *   const features = maxPool2d(relu(norm.apply(conv.apply(images), "inference")), { size: 2 });
 *   return { logits: last.apply(reshape(features, [2, -1])) };
 * });
 * const { logits } = await program.run({ images: new Float32Array(2 * 28 * 28) });
 * assert.equal(logits.length, 2 * 10);
 * for (const owner of [program, set, device]) owner.destroy();
 * ```
 */
export class Conv2d {
  /** [size, size, from / groups, to]. */
  readonly weight: Parameter;
  /** [to]; undefined without bias. */
  readonly bias: Parameter | undefined;

  /** Adds `name.weight` and `name.bias` to a set. @throws {EngineError} when there is a number in place of the options. */
  constructor(
    set: ParameterSet,
    name: string,
    random: Random,
    from: number,
    to: number,
    /** As given. */
    readonly options: Conv2dLayerOptions = {},
  ) {
    if (typeof options !== "object") {
      throw new EngineError(`Conv2d ${name} takes options, such as { size: 7, stride: 2 }; got ${options}`);
    }
    const { size = 3, groups = 1, bias = true } = options;
    const fanIn = size * size * from / groups;
    this.weight = set.add(
      `${name}.weight`,
      [size, size, from / groups, to],
      fanInUniform(random, fanIn * to, fanIn),
    );
    if (bias) this.bias = set.add(`${name}.bias`, [to], fanInUniform(random, to, fanIn), { decay: false });
  }

  /** x [N, H, W, from] → [N, OH, OW, to]. @throws {ShapeError} When x has another number of channels, or is too small. */
  apply(x: Tensor): Tensor {
    const { size: _, bias: __, ...options } = this.options;
    return conv2d(x, this.weight, { ...options, ...(this.bias && { bias: this.bias }) });
  }
}

/** A convolution of each channel with its kernel: x [N, H, W, C] → [N, OH, OW, C]. Begins as {@link Conv2d}. */
export class DepthwiseConv2d extends Conv2d {
  /** Adds `name.weight` [size, size, 1, C] and `name.bias` [C] to a set. */
  constructor(
    set: ParameterSet,
    name: string,
    random: Random,
    channels: number,
    options: Omit<Conv2dLayerOptions, "groups"> = {},
  ) {
    super(set, name, random, channels, channels, { ...options, groups: channels });
  }
}
