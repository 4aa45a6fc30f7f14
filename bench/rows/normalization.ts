/** Batch norm, residual addition, pooling, and images from bytes at MobileNetV2's shapes. */
import { type Operand, packAugmentations, packTransforms, Random, UNMOVED } from "../../engine/mod.ts";
import {
  type AugmentationSettings,
  augmentedBatch,
  drawAugmentations,
} from "../../data/augmentation/augmentation.ts";
import {
  applyPrologue,
  augment,
  AUGMENTATION_NUMBERS,
  batchNormCoefficients,
  batchNormGradientCoefficients,
  batchNormGradientOneSlice,
  batchNormGradientSums,
  batchNormInference,
  batchNormOneSlice,
  batchNormStatistics,
  globalAveragePool,
  globalAveragePoolGradient,
  image,
  imageUint32,
  maxPool,
  maxPoolGradient,
  padRows,
  residualAdd,
  rowSlices,
  type Target,
} from "../../kernels/mod.ts";
import { type BenchRow, inBuffer, row, uniform } from "../row.ts";

/** Width 1 on 16 images of 256×128. */
export function normalizationRows(target: Target): BenchRow[] {
  return [
    ...batchNorm("block 2 expand", [16, 128, 64, 96], target),
    ...batchNorm("block 8 expand", [16, 16, 8, 384], target),
    ...batchNorm("block 15 expand", [16, 8, 4, 960], target),
    row("block 8 expand 384", batchNormInference(384), {
      ...channelParameters(384, target),
      mean: inBuffer([384]),
      variance: inBuffer([384]),
      settings: uniform(1e-3),
    }),
    row("block 3 16×64×32×24", residualAdd([16, 64, 32, 24], "affine", "affine"), {
      a: [16, 64, 32, 24],
      a_coefficients: [2, 24],
      b: [16, 64, 32, 24],
      b_coefficients: [2, 24],
      y: [16, 64, 32, 24],
    }),
    row("last 16×8×4×1280", globalAveragePool(16, 32, 1280, "affine-relu6"), {
      x: [16, 32, 1280],
      x_coefficients: [2, 1280],
      y: [16, 1280],
    }),
    row("last 16×8×4×1280", globalAveragePoolGradient(16, 32, 1280), {
      dy: [16, 1280],
      dx: [16, 32, 1280],
    }),
    row("ResNet stem 16×128×64×64", maxPool(STEM), { x: STEM_X, t: STEM_X, y: [16, 64, 32, 64] }),
    row("ResNet stem 16×128×64×64", maxPoolGradient(STEM), { x: STEM_X, t: [16, 64, 32, 64], y: STEM_X }),
    row("input 16×256×128×3", image(16, 256, 128), {
      ...IMAGES,
      transforms: { shape: [16, 4], values: packTransforms(new Array(16).fill(UNMOVED)) },
    }),
    augmentRow("input 16×256×128×3 moved", MOVED),
    augmentRow("input 16×256×128×3 everything", {
      ...MOVED,
      zoom: 0.15,
      erase: 0.5,
      eraseFill: "noise",
      colorJitter: 0.5,
    }),
  ];
}

const STEM_X = [16, 128, 64, 64];
const STEM = {
  ...{ n: 16, h: 128, w: 64, channels: 64 },
  ...{ kh: 3, kw: 3, stride: 2, pads: { top: 1, bottom: 1, left: 1, right: 1 } },
};

const IMAGES = {
  pixels: [16, imageUint32(256, 128)],
  color: uniform(1 / 64, 1 / 64, 1 / 64, 0, -2, -2, -2, 0),
  y: [16, 256, 128, 3],
};

const MOVED: AugmentationSettings = {
  flip: 0.5,
  shift: 4,
  zoom: 0,
  erase: 0,
  eraseFill: "mean",
  colorJitter: 0,
};

function augmentRow(layer: string, settings: AugmentationSettings): BenchRow {
  const size = { height: 256, width: 128 };
  const batch = augmentedBatch(settings, size, size);
  const values = packAugmentations(drawAugmentations(new Random(1), 16, settings, batch), batch);
  const shape = [16, AUGMENTATION_NUMBERS];
  const parameters = { shape, values: padRows(values, shape) };
  return row(layer, augment({ n: 16, ...batch }), { ...IMAGES, parameters });
}

/** A few values per channel, where programs keep them. */
function perChannel(rows: number, channels: number, target: Target): Operand {
  const shape = [rows, channels];
  return target.adapterClass === "software" ? { shape, storage: "uniform" } : { shape };
}

function channelParameters(channels: number, target: Target) {
  return {
    gamma: inBuffer([channels]),
    beta: inBuffer([channels]),
    coefficients: perChannel(2, channels, target),
    moments: perChannel(2, channels, target),
  };
}

/** Batch norm in training, forward and backward, over a tensor of this shape. */
function batchNorm(layer: string, shape: number[], target: Target): BenchRow[] {
  const channels = shape[shape.length - 1];
  const slices = rowSlices(shape, target);
  const name = `${layer} ${shape.join("×")}`;
  const operands = {
    ...channelParameters(channels, target),
    x: shape,
    dz: shape,
    partial: perChannel(2 * slices.slices, channels, target),
    settings: uniform(1e-3, 0.9),
    running_mean: [channels],
    running_variance: [channels],
    dgamma: [channels],
    dbeta: [channels],
    gradient_coefficients: [4, channels],
  };
  const reductions = slices.slices === 1
    ? [batchNormOneSlice(slices), batchNormGradientOneSlice(slices, true, true)]
    : [
      batchNormStatistics(slices),
      batchNormCoefficients(slices),
      batchNormGradientSums(slices, true),
      batchNormGradientCoefficients(slices, true),
    ];
  return [
    ...reductions.map((dispatch) => row(name, dispatch, operands)),
    row(name, applyPrologue(shape, "affine-relu6"), {
      x: shape,
      x_coefficients: perChannel(2, channels, target),
      y: shape,
    }),
    row(name, applyPrologue(shape, "norm-relu6-gradient"), {
      x: shape,
      x_input: shape,
      x_coefficients: perChannel(4, channels, target),
      y: shape,
    }),
  ];
}
