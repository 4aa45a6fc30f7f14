/**
 * Families of kernels: programs that record an op, forward and backward, at random shapes. The torture counts a kernel
 * that no family records as wrong, so every new kernel needs a family here.
 */
import { augmentedBatch, drawAugmentations } from "../../../data/augmentation/augmentation.ts";
import * as engine from "../../../engine/mod.ts";
import { centerLoss } from "../../../losses/mod.ts";
import { AUGMENTATION_NUMBERS, imageUint32, METRICS, NONE } from "../../../kernels/mod.ts";
import { engineOps as ops } from "../../gradients/engine_ops.ts";
import { sameGeometry, symmetricGeometry } from "../../reference/conv_geometry.ts";
import type { ConvGeometry, TripletOptions } from "../../reference/ops.ts";
import { image, LIBRARY_FAMILIES } from "./library_families.ts";
import type { Draw, Family } from "./random_program.ts";

function geometry(draw: Draw, height: number, width: number, kernel: number): ConvGeometry {
  const stride = draw.pick([1, 2]);
  const fits = height >= kernel && width >= kernel;
  return draw.pick([
    () => sameGeometry(height, width, stride, kernel),
    () => symmetricGeometry(stride, kernel >> 1),
    () => fits ? symmetricGeometry(stride, 0) : sameGeometry(height, width, stride, kernel),
  ])();
}

/** Options of a batch norm. */
function normOptions(draw: Draw) {
  return { epsilon: 1e-3, relu6: draw.coin() };
}

function normed(draw: Draw, channels: number): (x: engine.Tensor) => engine.Tensor {
  const [gamma, beta, options] = [draw.tensor([channels]), draw.tensor([channels]), normOptions(draw)];
  return (x) => ops.batchNormTraining(x, gamma, beta, options);
}

function tripletOptions(draw: Draw): TripletOptions {
  return { margin: draw.pick([0, 0.3]), metric: draw.pick(METRICS), softMargin: draw.coin() };
}

/** A loss of embeddings and labels. */
function batchLoss(
  loss: (embeddings: engine.Tensor, labels: engine.Uint32Tensor, options: TripletOptions) => engine.Tensor,
): Family {
  return (draw) => {
    const batch = draw.size(40);
    const embeddings = draw.tensor([batch, draw.size(70)]);
    const labels = draw.words([batch], 1 + draw.random.integer(batch));
    const options = tripletOptions(draw);
    return () => loss(embeddings, labels, options);
  };
}

/** Parameters of a few shapes, some not trainable, and a loss of the trainable ones. */
function weights(draw: Draw): { loss: () => engine.Tensor } {
  const count = draw.size(6);
  const shapes = Array.from({ length: count }, () => draw.shape(1 + draw.random.integer(2)));
  const parameters = shapes.map((shape, i) => draw.parameter(shape, i === 0 || draw.random.integer(4) > 0));
  return {
    loss: () =>
      parameters.filter(({ trainable }) => trainable).map((p) => engine.sum(engine.mul(p, p))).reduce((
        a,
        b,
      ) => engine.add(a, b)),
  };
}

/** All families by name. Those that can be `large` draw their rows with {@link Draw.rows}. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  binary: (draw) => {
    const shape = draw.large ? [draw.rows("thread"), draw.size(4)] : draw.shape();
    const narrowed = draw.large
      ? [1, shape[1]!]
      : shape.map((size) => draw.random.integer(3) === 0 ? 1 : size);
    const other = narrowed.slice(draw.random.integer(4) === 0 ? draw.random.integer(shape.length) : 0);
    const [a, b] = [draw.tensor(draw.coin() ? shape : [...shape]), draw.tensor(other, 1, 2)];
    const op = draw.pick([ops.add, ops.sub, ops.mul, ops.div]);
    return () => draw.coin() || op === ops.div ? op(a, b) : op(b, a);
  },
  unary: (draw) => {
    const x = draw.tensor(draw.large ? [draw.rows("thread"), draw.size(4)] : draw.shape(), 0.1, 7);
    const op = draw.pick([
      ops.relu,
      ops.relu6,
      ops.exp,
      ops.log,
      ops.sqrt,
      ops.softplus,
      ops.gelu,
      ops.tanh,
      ops.silu,
    ]);
    return () => op(x);
  },
  affine: (draw) => {
    const x = draw.tensor(draw.large ? [draw.rows("thread"), draw.size(4)] : draw.shape());
    return () => ops.affine(x, 2, -1);
  },
  sum: (draw) => {
    const x = draw.tensor(draw.large ? [draw.rows("thread"), 1, draw.size(4)] : draw.shape());
    const axes = draw.large ? [1] : [...x.shape.keys()].filter(() => draw.coin());
    return () =>
      draw.pick([ops.sum, ops.mean])(x, draw.random.integer(4) === 0 && !draw.large ? undefined : axes);
  },
  matmul: (draw) => {
    const [m, k, n] = [draw.size(), draw.size(70), draw.size(70)];
    const [a, b] = [draw.tensor([m, k]), draw.tensor([k, n])];
    // GPUs run "direct" by default only where there are more rows than are drawn here.
    const direct = draw.coin() ? [[`matmul ${m}×${k}×${n} none`, "direct"] as const] : [];
    return () => {
      draw.device.choose(new Map(direct));
      const y = ops.matmul(a, b);
      draw.device.choose(new Map());
      return y;
    };
  },
  dense: (draw) => {
    const [m, k, n] = [draw.size(), draw.size(70), draw.size(70)];
    const [x, w, bias] = [draw.tensor([m, k]), draw.tensor([k, n]), draw.tensor([n])];
    return () => ops.dense(x, w, bias);
  },
  transpose: (draw) => {
    const x = draw.tensor(draw.shape(2));
    return () => ops.transpose(x);
  },
  reshape: (draw) => {
    const shape = draw.large ? [Math.ceil(draw.rows("thread") / 3), 3] : draw.shape();
    const x = draw.tensor(shape);
    const count = shape.reduce((a, b) => a * b, 1);
    const last = draw.pick(Array.from({ length: 70 }, (_, i) => i + 1).filter((size) => count % size === 0));
    return () => ops.reshape(x, draw.large ? [count, 1] : [count / last, last]);
  },
  slice: (draw) => {
    const shape = draw.large ? [draw.rows("thread"), 4] : draw.shape();
    const x = draw.tensor(shape);
    const axis = draw.large ? 0 : draw.random.integer(shape.length);
    const start = draw.random.integer(draw.large ? 9 : shape[axis]!);
    const end = draw.large ? shape[0]! : start + 1 + draw.random.integer(shape[axis]! - start);
    return () => ops.slice(x, axis, start, end);
  },
  gather: (draw) => {
    const shape = draw.shape();
    const x = draw.tensor(shape);
    const indices = draw.words([draw.size(60)], shape[0]!);
    return () => ops.gather(x, indices);
  },
  concat: (draw) => {
    const shape = draw.shape(1 + draw.random.integer(3));
    const axis = draw.random.integer(shape.length);
    const parts = Array.from(
      { length: Math.min(8, draw.size(4)) },
      () => draw.tensor(shape.map((size, i) => i === axis ? draw.size(40) : size)),
    );
    return () => ops.concat(parts, axis);
  },
  "pointwise convolution": (draw) => {
    const shape = image(draw);
    const [x, w] = [draw.tensor(shape), draw.tensor([shape[3], draw.size(40)])];
    const norm = normed(draw, shape[3]);
    const after = normed(draw, w.shape[1]!);
    return draw.turn([
      () => ops.pointwiseConv(x, w),
      () => ops.pointwiseConv(norm(x), w),
      () => after(ops.pointwiseConv(x, w)),
      () => after(ops.pointwiseConv(norm(x), w)),
    ]);
  },
  "finished convolutions": (draw) => {
    const shape = image(draw);
    const [out, kind] = [draw.size(40), draw.turn([0, 1, 2])];
    const geometry3 = sameGeometry(shape[1], shape[2], draw.pick([1, 2]), 3);
    const x = draw.tensor(shape, -1, 1, false);
    const size = kind === 0 ? [1, 1] : [3, 3];
    const w = draw.tensor(
      kind === 0 ? [shape[3], out] : kind === 1 ? [...size, shape[3], out] : [...size, shape[3]],
      -1,
      1,
      false,
    );
    const channels = kind === 2 ? shape[3] : out;
    const over = (extent: number) => Math.ceil(extent / (geometry3.stride ?? 1));
    const result = kind === 0
      ? [shape[0], shape[1], shape[2], channels]
      : [shape[0], over(shape[1]), over(shape[2]), channels];
    const finish = {
      ...(draw.coin() && { bias: draw.tensor([1, channels], -1, 1, false) }),
      ...(draw.coin() && { residual: draw.tensor(result, -1, 1, false) }),
      relu6: draw.coin(),
    };
    return () =>
      kind === 0
        ? engine.pointwiseConv(x, w, finish)
        : kind === 1
        ? engine.conv2d(x, w, { ...geometry3, ...finish })
        : engine.depthwiseConv(x, w, { ...geometry3, ...finish });
  },
  convolution: (draw) => {
    const shape = image(draw, draw.size(6));
    const kernel = draw.pick([1, 3, 3, 5]);
    const [x, w] = [draw.tensor(shape), draw.tensor([kernel, kernel, shape[3], draw.size(40)])];
    const at = geometry(draw, shape[1], shape[2], kernel);
    return () => ops.conv2d(x, w, at);
  },
  "sums of slices": (draw) => {
    const shape = image(draw);
    const [w, k] = [draw.parameter([shape[3], draw.size(40)]), draw.parameter([3, 3, shape[3]])];
    const x = draw.tensor(shape);
    const at = sameGeometry(shape[1], shape[2], 1, 3);
    const many = draw.tensor([1100 + draw.size(400), draw.size(8)]);
    const factor = draw.tensor([many.shape[1]!, draw.size(8)]);
    // Slices of parameters' gradients are added all at once on a GPU, those of another gradient alone.
    return draw.turn([
      () => engine.pointwiseConv(engine.depthwiseConv(x, k, at), w),
      () => engine.matmul(many, factor),
    ]);
  },
  "depthwise convolution": (draw) => {
    const shape = image(draw);
    const [x, w] = [draw.tensor(shape), draw.tensor([3, 3, shape[3]])];
    const at = geometry(draw, shape[1], shape[2], 3);
    const [norm, after] = [normed(draw, shape[3]), normed(draw, shape[3])];
    return draw.turn([
      () => ops.depthwiseConv(x, w, at),
      () => ops.depthwiseConv(norm(x), w, at),
      () => after(ops.depthwiseConv(norm(x), w, at)),
    ]);
  },
  "batch norm": (draw) => {
    const shape = draw.coin() ? image(draw) : [draw.size(), draw.size(70)];
    const x = draw.tensor(shape);
    const norm = normed(draw, shape.at(-1)!);
    return () => norm(x);
  },
  "batch norm of many rows": (draw) => {
    const x = draw.tensor([2000 + draw.size(9000), draw.size(8)]);
    const norm = normed(draw, x.shape[1]!);
    return () => norm(x);
  },
  "batch norm, inference": (draw) => {
    const shape = image(draw);
    const x = draw.tensor(shape);
    const [gamma, beta] = [draw.tensor([shape[3]]), draw.tensor([shape[3]])];
    const [mean, variance] = [draw.tensor([shape[3]], -1, 1, false), draw.tensor([shape[3]], 0, 1, false)];
    const options = normOptions(draw);
    return () => ops.batchNormInference(x, gamma, beta, mean, variance, options);
  },
  "residual add": (draw) => {
    const shape = image(draw);
    const [a, b] = [draw.tensor(shape), draw.tensor(shape)];
    const norms = [normed(draw, shape[3]), normed(draw, shape[3])];
    const which = draw.turn([0, 1, 2, 3]);
    return () => engine.residualAdd(which & 1 ? norms[0]!(a) : a, which & 2 ? norms[1]!(b) : b);
  },
  "average pool": (draw) => {
    const shape = image(draw);
    const x = draw.tensor(shape);
    const norm = normed(draw, shape[3]);
    return draw.coin() ? () => ops.globalAveragePool(x) : () => ops.globalAveragePool(norm(x));
  },
  "max pool": (draw) => {
    const shape = image(draw);
    const [x, size] = [draw.tensor(shape), 1 + draw.random.integer(Math.min(4, shape[1], shape[2]))];
    const pads = draw.random.integer(size);
    return () => ops.maxPool2d(x, { size, ...symmetricGeometry(draw.pick([1, 2, 3]), pads) });
  },
  "inverted residual": (draw) => {
    const [n, h, w, c] = [draw.size(3), draw.size(9), draw.size(9), draw.size(20)];
    const wide = draw.size(40);
    const x = draw.tensor([n, h, w, c]);
    const [expand, filter, project] = [
      draw.tensor([c, wide]),
      draw.tensor([3, 3, wide]),
      draw.tensor([wide, c]),
    ];
    const norms = [wide, wide, c].map((channels) => normed(draw, channels));
    const at = sameGeometry(h, w, 1, 3);
    return () => {
      const expanded = norms[0]!(ops.pointwiseConv(x, expand));
      const filtered = norms[1]!(ops.depthwiseConv(expanded, filter, at));
      return engine.residualAdd(x, norms[2]!(ops.pointwiseConv(filtered, project)));
    };
  },
  "unit length": (draw) => {
    const x = draw.tensor([draw.rows("workgroup"), draw.large ? draw.size(9) : draw.size(200)]);
    return () => ops.l2Normalize(x, 1e-12);
  },
  "pairwise distance": (draw) => {
    const x = draw.tensor([draw.size(50), draw.size(90)]);
    const metric = draw.pick(METRICS);
    return () => ops.pairwiseDistance(x, metric);
  },
  "cross distance": (draw) => {
    const d = draw.size(90);
    const [a, b] = [draw.tensor([draw.size(50), d]), draw.tensor([draw.size(50), d])];
    const metric = draw.pick(METRICS);
    return () => ops.crossDistance(a, b, metric);
  },
  "distance by products": (draw) => {
    const d = draw.size(90);
    const [a, b] = [draw.size(70), draw.size(70)].map((rows) => draw.tensor([rows, d], -1, 1, false));
    const metric = draw.pick(METRICS);
    return () => engine.gramDistance(a!, b!, metric);
  },
  "cross-entropy": (draw) => {
    const [rows, classes] = [draw.rows("workgroup"), draw.large ? draw.size(9) : draw.size(200)];
    const logits = draw.tensor([rows, classes]);
    const labels = draw.words([rows], classes);
    return () => ops.crossEntropy(logits, labels, 0.1);
  },
  "basic triplets": (draw) => {
    const embeddings = draw.tensor([draw.rows("workgroup"), 3, draw.large ? draw.size(5) : draw.size(90)]);
    const options = tripletOptions(draw);
    return () => ops.basicTripletLoss(embeddings, options);
  },
  "hard triplets": batchLoss(ops.hardTripletLoss),
  "semi-hard triplets": batchLoss(ops.semiHardTripletLoss),
  "all triplets": batchLoss(ops.batchAllTripletLoss),
  quadruplets: batchLoss(ops.quadrupletLoss),
  "center loss": (draw) => {
    const [rows, d, identities] = [draw.size(40), draw.size(90), draw.size(60)];
    const features = draw.tensor([rows, d]);
    const labels = draw.words([rows], identities);
    const centers = draw.parameter([identities, d], false);
    return () => {
      const loss = centerLoss(features, engine.asTensor(centers), labels);
      engine.moveCenters(centers, features, labels, 0.5);
      return loss;
    };
  },
  optimizers: (draw) => {
    const { loss } = weights(draw);
    const lossScale = draw.turn([true, true, false, false]) ? new engine.LossScale(draw.set) : undefined;
    const average = draw.coin() || draw.number === 0 ? new engine.WeightAverage(draw.set, 0.9) : undefined;
    const clipNorm = draw.turn([true, draw.coin(), draw.coin(), false]) ? 1 : 0;
    const sgd = new engine.Sgd(draw.set, { lossScale, momentum: 0.9, clipNorm });
    const adam = new engine.Adam(draw.set, { lossScale, clipNorm });
    const optimizer = draw.turn([sgd, adam]);
    const checked = draw.coin() || draw.number === 0;
    return () => {
      const { nonFinite } = optimizer.minimize(loss());
      average?.update();
      if (checked) engine.checkFinite(draw.set, "state", nonFinite);
    };
  },
  ranking: (draw) => {
    const [queries, gallery] = [draw.rows("workgroup", 30), draw.large ? draw.size(9) : draw.size(300)];
    const distances = draw.tensor([queries, gallery], 0, 1, false);
    const identities = (count: number) =>
      draw.numbers([count], Float32Array.from({ length: count }, () => draw.random.integer(5)));
    const given = { query: identities(queries), gallery: identities(gallery) };
    const columns = draw.given(
      [queries, 3],
      Uint32Array.from(
        { length: 3 * queries },
        () => draw.random.integer(4) === 0 ? NONE : draw.random.integer(gallery),
      ),
    );
    const thresholds = draw.tensor([queries, draw.large ? 2 : draw.size(20)], 0, 1, false);
    const valid = draw.given([1], Uint32Array.of(draw.random.integer(gallery + 1)));
    // At most as many as are chosen at once.
    const [others, most] = [draw.size(20), draw.large ? 5 : draw.size(300)].map((count) =>
      Math.min(1024, count)
    );
    return () => {
      engine.pickColumns(distances, columns);
      engine.countNearer(distances, thresholds, given);
      engine.nearestOthers(distances, others!, given);
      engine.nearestColumns(distances, most!, valid);
      engine.farthestDistance(distances);
    };
  },
  images: (draw) => {
    const [n, height, width] = [draw.size(5), draw.size(40), draw.size(40)];
    const words = imageUint32(height, width);
    const pixels = draw.words([n, words], 2 ** 32);
    if (draw.turn([true, false])) {
      const moves = Array.from({ length: n }, () => ({
        mirrored: draw.coin(),
        dx: draw.random.integer(200) - 100,
        dy: draw.random.integer(200) - 100,
      }));
      const transforms = draw.given([n, 4], engine.packTransforms(moves));
      return () => engine.normalizedImages(pixels, transforms, { height, width });
    }
    const settings = {
      flip: 0.5,
      shift: draw.size(9, 0),
      zoom: draw.pick([0, 0.4]),
      erase: 0.5,
      eraseFill: draw.pick(engine.ERASE_FILLS),
      colorJitter: draw.pick([0, 1.5]),
    };
    const size = draw.coin() ? { height, width } : { height: draw.size(40), width: draw.size(40) };
    const batch = augmentedBatch(settings, { height, width }, size);
    const drawn = drawAugmentations(new engine.Random(draw.random.integer(2 ** 31)), n, settings, batch);
    const parameters = draw.numbers([n, AUGMENTATION_NUMBERS], engine.packAugmentations(drawn, batch));
    return () => engine.augmentedImages(pixels, parameters, batch);
  },
  ...LIBRARY_FAMILIES,
  "accumulated gradients": (draw) => {
    const { loss } = weights(draw);
    const lossScale = draw.coin() ? new engine.LossScale(draw.set) : undefined;
    const sgd = new engine.Sgd(draw.set);
    return draw.turn([
      () => engine.accumulate(engine.backward(loss())),
      () => sgd.apply(engine.accumulated(draw.set)),
      () => engine.accumulate(lossScale?.backward(loss()) ?? engine.backward(loss())),
    ]);
  },
};

/**
 * Families whose workgroups need more than one dimension when they are drawn large. The other families compute several
 * vec4s per thread: tensors that large exceed a software adapter's largest binding, 128 MiB.
 */
export const LARGE_FAMILIES: readonly string[] = [
  "binary",
  "unary",
  "affine",
  "sum",
  "reshape",
  "slice",
  "unit length",
  "cross-entropy",
  "basic triplets",
  "ranking",
];

/**
 * Families that are not recorded at a hundred times the size, because they create parameters, which allocate memory at
 * once.
 */
export const WITH_PARAMETERS: readonly string[] = [
  "center loss",
  "sums of slices",
  "optimizers",
  "accumulated gradients",
];
