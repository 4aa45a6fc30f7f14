/** Ladders: a kernel without any tuning, and the variants that must agree with it. */
import {
  depthwiseConv,
  type Dispatch,
  flatWorkgroups,
  matmul,
  reads,
  samePads,
  targetOf,
  type Tunable,
  variantsOf,
  writes,
} from "../../kernels/mod.ts";
import { type BenchRow, inBuffer, row } from "../row.ts";
import depthwiseSource from "../naive/depthwise_conv.wgsl" with { type: "text" };
import matmulSource from "../naive/matmul.wgsl" with { type: "text" };

/** A naive kernel, in buffers as one would begin, and every variant for the same operands. */
export interface Ladder {
  readonly naive: BenchRow;
  readonly variants: readonly BenchRow[];
}

/** The pointwise product of block 8's expansion, and the depthwise convolution of block 8, width 1. */
export function ladders(): Ladder[] {
  return [product(2048, 64, 384), depthwise([16, 16, 8, 384])];
}

/** A row for each variant, of those for GPUs and those for software adapters. */
function variantRows(layer: string, { key, as }: Tunable): BenchRow[] {
  return variantsOf(key).flatMap((variant) =>
    as(variant).map(({ dispatch, shapes }) => row(`${layer}, ${variant}`, dispatch, shapes))
  );
}

function product(m: number, k: number, n: number): Ladder {
  const tuned = matmul({ m, k, n }, targetOf("gpu"));
  const naive: Dispatch = {
    ...tuned,
    kernel: "naive matmul",
    source: matmulSource,
    bindings: [reads("x"), reads("w"), writes("y")],
    constants: { M: m, N4: n / 4, K: k },
    tile: {},
    workgroups: flatWorkgroups(m * n / 4),
  };
  const name = `block 8 expand ${m}×${k}×${n}`;
  return {
    naive: row(name, naive, { x: inBuffer([m, k]), w: inBuffer([k, n]), y: [m, n] }),
    variants: variantRows(name, tuned.tunable!),
  };
}

function depthwise(image: number[]): Ladder {
  const [n, h, w, channels] = image;
  const shape = { n, h, w, kh: 3, kw: 3, stride: 1, pads: samePads(h, w, 3, 1), channels };
  const tuned = depthwiseConv(shape, targetOf("gpu"));
  const naive: Dispatch = {
    ...tuned,
    kernel: "naive depthwise_conv",
    source: depthwiseSource,
    bindings: [reads("x"), reads("w"), writes("y")],
    constants: { N: n, H: h, W: w, C4: channels / 4 },
    tile: {},
    workgroups: flatWorkgroups(n * h * w * channels / 4),
  };
  const weight = [3, 3, channels];
  const name = `block 8 ${image.join("×")} /1`;
  return {
    naive: row(name, naive, { x: inBuffer(image), w: inBuffer(weight), y: image }),
    variants: variantRows(name, tuned.tunable!),
  };
}
