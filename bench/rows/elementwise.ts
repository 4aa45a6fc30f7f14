/** What an engine's user adds to a network: elementwise functions, sums, and kernels that only move elements. */
import {
  affine,
  argReduce,
  averagePool,
  averagePoolGradient,
  batchedMatmul,
  binary,
  broadcast,
  concat,
  dropout,
  gather,
  gatherGradient,
  reduce,
  reshape,
  softmax,
  softmaxGradient,
  standardize,
  standardizeGradient,
  strided,
  type Target,
  ternary,
  toFloat,
  transpose,
  unary,
  unaryGradient,
  vec4s,
  window,
} from "../../kernels/mod.ts";
import { type BenchRow, row, uniform } from "../row.ts";

const ACTIVATION = [16, 32, 16, 192];
const GALLERY = [4096, 1280];

/** On the activation of a middle block, and on the embeddings of a gallery. */
export function elementwiseRows(target: Target): BenchRow[] {
  return [...arithmetic(), ...sums(target), ...moves(), ...attention(), ...pools()];
}

function arithmetic(): BenchRow[] {
  const x = ACTIVATION;
  const name = `activation ${x.join("×")}`;
  return [
    row(`${name} add`, binary("add", x, x), { a: x, b: x, y: x }),
    row("dense 32×751 + bias", binary("add", [32, 751], [751]), { a: [32, 751], b: [751], y: [32, 751] }),
    row(`${name} relu6`, unary("relu6", x), { x, y: x }),
    row(`${name} exp`, unary("exp", x), { x, y: x }),
    row(`${name} relu6`, unaryGradient("relu6", x), { dy: x, s: x, dx: x }),
    row(`${name} where`, ternary("where", x, x, x), { a: x, b: x, c: x, y: x }),
    row(name, affine(x), { x, parameters: uniform(2, 1), y: x }),
  ];
}

function sums(target: Target): BenchRow[] {
  const x = ACTIVATION;
  const [n, , , channels] = x;
  const overRows = reduce("sum", x, [0, 1, 2], target);
  const overChannels = reduce("sum", x, [3], target);
  const places = (shape: number[]) => [vec4s(shape), 4];
  return [
    row(`activation ${x.join("×")} → ${channels}`, overRows.dispatch, {
      x,
      y: [overRows.slices, ...places([channels])],
    }),
    row(`activation ${x.join("×")} → ${x.slice(0, 3).join("×")}`, overChannels.dispatch, {
      x,
      y: [overChannels.slices, ...places(x.slice(0, 3))],
    }),
    row("logits 64×751 → 64 argmax", argReduce("max", [64, 751], 1), {
      x: [64, 751],
      y: { shape: [64], values: new Array(64).fill(0) },
    }),
    row(`activation ${n}×${channels} → ${x.join("×")}`, broadcast(x, [1, 2]), { dy: [n, channels], dx: x }),
  ];
}

function moves(): BenchRow[] {
  const [rows, width] = GALLERY;
  const some = rows / 4;
  const indices = { shape: [some], values: Array.from({ length: some }, (_, i) => (i * 1597) % rows) };
  const name = `embeddings ${rows}×${width}`;
  return [
    row(`${rows}×6 → ${rows * 2}×3`, reshape([rows, 6], [rows * 2, 3]), { x: [rows, 6], y: [rows * 2, 3] }),
    row(name, transpose(rows, width), { x: GALLERY, y: [width, rows] }),
    row(
      "heads 16×128×8×64 → 16×8×128×64",
      strided([16, 128, 8, 64], { shape: [16, 8, 128, 64], axes: [0, 2, 1, 3] }),
      {
        x: [16, 128, 8, 64],
        y: [16, 8, 128, 64],
      },
    ),
    row(`${name} from row ${some}`, window(GALLERY, 0, some, some), { x: GALLERY, y: [some, width] }),
    row(`${name} twice`, concat(GALLERY, GALLERY, 0), { a: GALLERY, b: GALLERY, y: [2 * rows, width] }),
    row(`${name} of which ${some}`, gather(GALLERY, some), { x: GALLERY, indices, y: [some, width] }),
    row("embeddings 512×1280 of which 64", gatherGradient([512, width], 64), {
      dy: [64, width],
      indices: { shape: [64], values: indices.values.map((i) => i % 512).slice(0, 64) },
      dx: [512, width],
    }),
  ];
}

/** A block of a transformer: 8 heads of 64, 128 tokens, 16 texts. */
function attention(): BenchRow[] {
  const [scores, heads, tokens] = [[16, 8, 128, 128], [16, 8, 128, 64], [16, 128, 512]];
  const key = { shape: [1], values: [7] };
  return [
    row("scores 16×8×128×128 × values 64", batchedMatmul(scores, heads), { a: scores, b: heads, y: heads }),
    row("scores 16×8×128×128", softmax(scores, false), { x: scores, y: scores }),
    row("scores 16×8×128×128", softmaxGradient(scores, false), { y: scores, dy: scores, dx: scores }),
    row("tokens 16×128×512", standardize(tokens, 1e-5), { x: tokens, y: tokens, scale: [16, 128, 1] }),
    row("tokens 16×128×512", standardizeGradient(tokens), {
      y: tokens,
      dy: tokens,
      scale: [16, 128, 1],
      dx: tokens,
    }),
    row("tokens 16×128×512", dropout(tokens), { x: tokens, key, parameters: uniform(0.9, 0), y: tokens }),
    row("labels 4096", toFloat([4096]), { x: { shape: [4096], values: new Array(4096).fill(3) }, y: [4096] }),
  ];
}

function pools(): BenchRow[] {
  const shape = {
    n: 16,
    h: 32,
    w: 16,
    kh: 2,
    kw: 2,
    stride: 2,
    pads: { top: 0, bottom: 0, left: 0, right: 0 },
    channels: 192,
  };
  const [x, y] = [ACTIVATION, [16, 16, 8, 192]];
  return [
    row(`activation ${x.join("×")}`, averagePool(shape, true), { x, y }),
    row(`activation ${x.join("×")}`, averagePoolGradient(shape, true), { x: y, y: x }),
  ];
}
