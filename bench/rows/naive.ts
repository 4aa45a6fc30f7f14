/** The first rung of the ladder: kernels without any tuning, and the tuned ones that must agree with them. */
import {
  depthwiseConv,
  type Dispatch,
  flatWorkgroups,
  matmul,
  reads,
  samePads,
  writes,
} from "../../kernels/mod.ts";
import { type BenchRow, inBuffer, row } from "../row.ts";
import depthwiseSource from "../naive/depthwise_conv.wgsl" with { type: "text" };
import matmulSource from "../naive/matmul.wgsl" with { type: "text" };

/** A naive kernel, in buffers as one would begin, and the tuned one for the same operands. */
export interface Rung {
  readonly naive: BenchRow;
  readonly tuned: BenchRow;
}

/** The pointwise product of block 8's expansion, and the depthwise convolution of block 8, width 1. */
export function rungs(): Rung[] {
  return [product(2048, 64, 384), depthwise([16, 16, 8, 384])];
}

function product(m: number, k: number, n: number): Rung {
  const tuned = matmul({ m, k, n });
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
    tuned: row(name, tuned, { x: [m, k], w: [k, n], y: [m, n] }),
  };
}

function depthwise(image: number[]): Rung {
  const [n, h, w, channels] = image;
  const tuned = depthwiseConv({ n, h, w, kh: 3, kw: 3, stride: 1, pads: samePads(h, w, 3, 1), channels });
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
    tuned: row(name, tuned, { x: image, w: weight, y: image }),
  };
}
