/** The heads of the network: embeddings, distances, choice of triplets, losses, and the optimizers. */
import {
  accumulate,
  adam,
  allTripletGradient,
  allTripletTerms,
  centerUpdate,
  checkFinite,
  clipNorm,
  crossEntropyGradient,
  crossEntropyRows,
  crossEntropyTotal,
  distance,
  distanceGradient,
  distanceWeights,
  gramDistance,
  hardTriplets,
  l2Normalize,
  l2NormalizeGradient,
  LOSS_SCALE_RULE,
  lossScale,
  matmulTransposed,
  MULTIPLIER_BLOCK,
  nearestIdentities,
  nearestOthers,
  NONE,
  relations,
  semiHardTriplets,
  sgd,
  squaredLengths,
  sumSquares,
  takeAccumulated,
  type Target,
  tripletDistance,
  tripletDistanceGradient,
  tripletGradient,
  type TripletLossShape,
  tripletTerms,
  tripletTotal,
  weightAverage,
} from "../../kernels/mod.ts";
import { type BenchRow, inBuffer, row, uniform } from "../row.ts";

/** Images in a batch: 8 identities with 4 images each. */
const BATCH = 32;
const FEATURES = 1280;
/** Training identities of Market-1501. */
const CLASSES = 751;

/** A batch of 32, the dense head over 751 identities, a block of evaluation's distances, 2.2 million weights. */
export function lossRows(target: Target): BenchRow[] {
  return [...embeddings(), ...selections(), ...evaluation(target), ...identityHead(), ...optimizers()];
}

function embeddings(): BenchRow[] {
  const normalized = { rows: BATCH, width: FEATURES, epsilon: 1e-12, short: "divide" } as const;
  const pairs = { m: BATCH, n: BATCH, d: FEATURES };
  const x = [BATCH, FEATURES];
  const square = [BATCH, BATCH];
  const name = `embeddings ${BATCH}×${FEATURES}`;
  const triplets = [BATCH, 3, FEATURES];
  const tripletsName = `embeddings ${triplets.join("×")}`;
  return [
    row(name, l2Normalize(normalized), { x, y: x }),
    row(name, l2NormalizeGradient(normalized), { x, dy: x, dx: x }),
    row(name, distance(pairs, "euclidean", true), { a: x, b: x, y: square }),
    row(name, distanceWeights(pairs, "euclidean", "both"), { y: square, dy: square, weights: square }),
    row(name, distanceGradient(pairs), { a: x, b: x, weights: square, da: x }),
    row(tripletsName, tripletDistance(BATCH, FEATURES, "euclidean"), { x: triplets, y: [BATCH, 2] }),
    row(tripletsName, tripletDistanceGradient(BATCH, FEATURES, "euclidean"), {
      x: triplets,
      y: [BATCH, 2],
      dy: [BATCH, 2],
      dx: triplets,
    }),
  ];
}

function selections(): BenchRow[] {
  const labels = { shape: [BATCH], values: Array.from({ length: BATCH }, (_, i) => i >> 2) };
  const distances = [BATCH, BATCH];
  const hard = Array.from({ length: BATCH }, (_, i) => [i ^ 1, (i + 4) % BATCH]).flat();
  const pairs = Array.from({ length: BATCH * BATCH }, (_, i) => {
    const [anchor, other] = [Math.floor(i / BATCH), i % BATCH];
    return anchor !== other && anchor >> 2 === other >> 2 ? [other, (anchor + 4) % BATCH] : [NONE, NONE];
  }).flat();
  return [
    row(`hard ${BATCH}×${BATCH}`, hardTriplets(BATCH), { distances, labels, selection: [BATCH, 1, 2] }),
    ...tripletLoss("hard", 1, hard),
    row(`semi-hard ${BATCH}×${BATCH}`, semiHardTriplets(BATCH), {
      distances,
      labels,
      selection: [BATCH, BATCH, 2],
    }),
    ...tripletLoss("semi-hard", BATCH, pairs),
    ...[BATCH, 4 * BATCH].flatMap(batchAll),
    row(`quadruplet ${BATCH}×${BATCH}`, nearestIdentities(BATCH), { distances, labels, nearest: [BATCH, 2] }),
    row(`quadruplet ${BATCH}×${BATCH}`, nearestOthers(BATCH), {
      labels,
      hard: { shape: [BATCH, 1, 2], values: hard },
      nearest: { shape: [BATCH, 2], values: hard.map((_, i) => 4 * ((i >> 3) + 1 + (i & 1)) % BATCH) },
      selection: [1, BATCH, 2],
    }),
  ];
}

/** All triplets of a batch of identities with 4 images each. */
function batchAll(batch: number): BenchRow[] {
  const shape = { batch, margin: 0.3, softMargin: false, mean: "active" } as const;
  const name = `batch-all ${batch}×${batch}`;
  const square = [batch, batch];
  const related = Array.from({ length: batch * batch }, (_, i) => {
    const [anchor, other] = [Math.floor(i / batch), i % batch];
    return anchor === other ? 0 : anchor >> 2 === other >> 2 ? 1 : -1;
  });
  const operands = {
    labels: { shape: [batch], values: Array.from({ length: batch }, (_, i) => i >> 2) },
    distances: square,
    relations: { shape: square, values: related },
    terms: [batch, 8],
    metrics: [8],
    dloss: [1],
    ddistances: square,
  };
  return [
    row(name, relations(batch), { ...operands, relations: square }),
    row(name, allTripletTerms(shape), operands),
    row(name, allTripletGradient(shape), operands),
  ];
}

/** The loss over `slots` selected pairs of every row. */
function tripletLoss(layer: string, slots: number, selected: number[]): BenchRow[] {
  const shape: TripletLossShape = {
    rows: BATCH,
    columns: BATCH,
    slots,
    margin: 0.3,
    softMargin: false,
    withoutNegative: "skip",
  };
  const name = `${layer} ${BATCH}×${BATCH}×${slots}`;
  const operands = {
    distances: [BATCH, BATCH],
    selection: { shape: [BATCH, slots, 2], values: selected },
    terms: [BATCH, 8],
    partial: [1, 2, FEATURES],
    loss: [1],
    metrics: [8],
    dloss: [1],
    ddistances: [BATCH, BATCH],
  };
  return [
    row(name, tripletTerms(shape), operands),
    row(name, tripletTotal(BATCH, BATCH, FEATURES), operands),
    row(name, tripletGradient(shape), operands),
  ];
}

/** Distances of 512 queries to 1024 gallery images. */
function evaluation(target: Target): BenchRow[] {
  const [m, n, d] = [512, 1024, FEATURES];
  const name = `evaluation ${m}×${n}×${d}`;
  const operands = {
    product: [m, n],
    aa: [m],
    bb: [n],
    y: [m, n],
  };
  return [
    row(`evaluation ${n}×${d}`, squaredLengths(n, d), { x: [n, d], y: [n] }),
    row(name, matmulTransposed({ m, k: d, n }, target), { x: [m, d], w: [n, d], y: [m, n] }),
    row(name, gramDistance({ m, n, d }, "euclidean"), operands),
  ];
}

function identityHead(): BenchRow[] {
  const shape = { rows: BATCH, classes: CLASSES, smoothing: 0.1 };
  const name = `identities ${BATCH}×${CLASSES}`;
  const operands = {
    logits: [BATCH, CLASSES],
    labels: { shape: [BATCH], values: Array.from({ length: BATCH }, (_, i) => i * 7) },
    rows: [BATCH, 4],
    loss: [1],
    metrics: [2],
    dloss: [1],
    dlogits: [BATCH, CLASSES],
  };
  return [
    row(name, crossEntropyRows(shape), operands),
    row(name, crossEntropyTotal(BATCH), operands),
    row(name, crossEntropyGradient(shape), operands),
    row(
      `centers ${BATCH}×${FEATURES} of ${CLASSES}`,
      centerUpdate({ rows: BATCH, d: FEATURES, identities: CLASSES, rate: 0.5 }),
      { ...operands, x: [BATCH, FEATURES], centers: inBuffer([CLASSES, FEATURES]) },
    ),
  ];
}

function optimizers(): BenchRow[] {
  const length4 = 34_750 * MULTIPLIER_BLOCK;
  /** Running statistics. */
  const state4 = 545 * MULTIPLIER_BLOCK;
  const state = [length4, 4];
  const flag = { shape: [1], storage: "buffer" as const, values: [0] };
  const operands = {
    gradients: inBuffer(state),
    multipliers: [length4 / MULTIPLIER_BLOCK, 4],
    weights: state,
    velocity: state,
    first_moment: state,
    second_moment: state,
    non_finite: flag,
  };
  const name = `weights ${length4}×4`;
  return [
    row(name, sgd(length4), { ...operands, settings: uniform(1e-6, 0.9, 0) }),
    row(name, adam(length4), { ...operands, settings: uniform(1e-6, 0.9, 0.999, 1e-8, 0, 1, 1) }),
    row(`${name}, gradients scaled`, adam(length4, { scaled: true }), {
      ...operands,
      settings: uniform(1e-6, 0.9, 0.999, 1e-8, 0, 1, 1),
      scaling: { shape: [4], storage: "buffer", values: [1, 0, 0, 1] },
    }),
    row(name, accumulate(length4), { ...operands, accumulated: state }),
    row(name, takeAccumulated(length4), { accumulated: state, gradients: state }),
    row(name, checkFinite(length4), { x: inBuffer(state), non_finite: flag }),
    row(name, weightAverage({ weights4: length4, state4, averages: state4 }), {
      weights: inBuffer(state),
      settings: uniform(0.99),
      state: [2 * state4 + length4, 4],
    }),
    row(name, sumSquares(length4).dispatch, { x: inBuffer(state), y: [sumSquares(length4).rows, 4] }),
    row("of all gradients", clipNorm(1), {
      squares: [1],
      scaling: { shape: [4], storage: "buffer", values: [1, 0, 0, 1] },
      clipping: [4],
    }),
    row("of one loss", lossScale(LOSS_SCALE_RULE), { non_finite: [1], scaling: [4] }),
  ];
}
