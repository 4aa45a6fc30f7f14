/** Losses of extreme embeddings: loss, metrics and gradient are finite and equal the f64 reference. */
import { constant, Device, type Tensor, type TripletResult, type Uint32Tensor } from "../../../engine/mod.ts";
import { METRICS, TRIPLET_METRICS } from "../../../kernels/mod.ts";
import { centerLoss, crossEntropy, type LossName, lossTable } from "../../../losses/mod.ts";
import { keysOf } from "../../../model/settings.ts";
import { runLoss, runReference } from "../../losses/run_loss.ts";
import { pairwiseDistance } from "../../reference/distance.ts";
import type { TripletOptions } from "../../reference/ops.ts";
import { referenceOps as ops } from "../../reference/ops.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import { clearanceOf, leaf, type RefTensor } from "../../reference/tape.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";

const TRIALS = { short: 200, full: 4000 };

/** Distances range from 10^-this to 10^this. */
const MOST_EXPONENT = 15;

/** Tolerance of the loss, relative to its distances and margins. */
const LOSS_ERROR = 1e-5;
/** Tolerance of the gradient, relative to its largest element. */
const GRADIENT_ERROR = 1e-3;
/** Within this distance of another choice of triplets or of a hinge's kink, f32 may fall on the other side. */
const CLEAR = 1e-4;

/** One loss of one batch. */
interface Trial {
  /** A description of the trial. */
  readonly name: string;
  readonly shape: readonly [rows: number, width: number];
  readonly values: Float32Array;
  readonly labels: readonly number[];
  readonly loss: (x: Tensor, labels: Uint32Tensor) => TripletResult;
  readonly reference: (x: RefTensor) => RefTensor;
  /** Magnitude of the distances and margins of the loss; its rounding error is relative to it. */
  readonly scale: number;
  /** Largest slope of the loss; gradients below a thousandth of it may be rounding errors. */
  readonly slope: number;
  /** Whether a tiny change may choose other triplets and give another gradient. */
  readonly onEdge: boolean;
  /** Whether it may also give another loss. The hard losses stay equal when one of two equal distances is chosen. */
  readonly jumps: boolean;
}

export const torture: Torture = {
  promise:
    "For any embeddings (equal, zero, 1e-15 to 1e15 apart) and any batch of at least two images, losses and gradients are finite and equal those of the f64 reference",
  async run({ short, seed, say, progress }: TortureContext): Promise<Outcome> {
    const random = seededRandom(seed);
    const devices = [await Device.open({ storage: "buffer" }), await Device.open({ storage: "texture" })];
    const trials = short ? TRIALS.short : TRIALS.full;
    let [wrong, edges, open] = [0, 0, 0];
    for (let i = 0; i < trials; i++) {
      const trial = drawTrial(random);
      if (trial.onEdge) edges++;
      if (trial.onEdge && trial.jumps) open++;
      const fault = await faultOf(trial, devices[i % 2]!);
      if (fault !== undefined) {
        wrong++;
        say(`${trial.name}: ${fault}`);
      }
      progress(i + 1, trials);
    }
    for (const device of devices) device.destroy();
    return {
      trials,
      losses: 0,
      hangs: 0,
      wrong,
      figures: `${trials - edges} equal f64; of ${edges} that have several right gradients ${
        edges - open
      } have f64's loss`,
    };
  },
};

/** Describes what is wrong with the engine's loss or gradient, or returns undefined. */
export async function faultOf(trial: Trial, device: Device): Promise<string | undefined> {
  const { shape, values, labels, scale, slope, onEdge, jumps } = trial;
  const expected = runReference(shape, values, trial.reference);
  const found = await runLoss(device, shape, values, labels, trial.loss);
  const nonFinite = Object.entries(found.metrics).find(([, value]) => !Number.isFinite(value));
  if (nonFinite) return `the metric ${nonFinite[0]} is ${nonFinite[1]}`;
  if (!Number.isFinite(found.loss)) return `the loss is ${found.loss} where f64 has ${expected.loss}`;
  if (!found.gradient.every(Number.isFinite)) return `the gradient is ${found.gradient}`;
  if (onEdge && jumps) return undefined;
  if (Math.abs(found.loss - expected.loss) > LOSS_ERROR * (scale + Math.abs(expected.loss))) {
    return `the loss is ${found.loss} where f64 has ${expected.loss}`;
  }
  if (onEdge) return undefined;
  const largest = expected.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), slope / 1000);
  const worst = expected.gradient.findIndex((value, i) =>
    Math.abs(found.gradient[i]! - value) > GRADIENT_ERROR * largest
  );
  if (worst < 0) return undefined;
  return `element ${worst} of the gradient is ${found.gradient[worst]} where f64 has ${
    expected.gradient[worst]
  }`;
}

function drawTrial(random: SeededRandom): Trial {
  const losses = keysOf(lossTable);
  const kind = random.integer(losses.length + 2);
  if (kind < losses.length) return tripletTrial(random, losses[kind]!);
  return kind === losses.length ? crossEntropyTrial(random) : centerTrial(random);
}

function tripletTrial(random: SeededRandom, key: LossName): Trial {
  const options: TripletOptions = {
    metric: oneOf(random, METRICS),
    margin: oneOf(random, [0, 0.3, 1]),
    softMargin: random.integer(2) === 0,
  };
  const [batch, labels] = key === "basic"
    ? ["triplets", new Array(3 * (1 + random.integer(4))).fill(0)] as const
    : oneOf(random, Object.entries(BATCHES));
  const rows = labels.length, width = oneOf(random, [3, 8]);
  const exponent = exponentOf(random, options.metric);
  const [pattern, values] = embeddings(random, rows, width, exponent);
  const shape = [rows, width] as const;
  const distances = pairwiseDistance(leaf(shape, values), options.metric);
  const largest = distances.data.reduce((most, d) => Math.max(most, d), 0);
  // A cosine near 1 is rounded, so the error does not shrink with the angle.
  const scale = Math.max(largest, options.metric === "angular" ? 1 : 0) + options.margin;
  const reference = (x: RefTensor): RefTensor => {
    switch (key) {
      case "basic":
        return ops.basicTripletLoss(ops.reshape(x, [rows / 3, 3, width]), options);
      case "hard":
        return ops.hardTripletLoss(x, labels, options);
      case "semi-hard":
        return ops.semiHardTripletLoss(x, labels, options);
      case "batch-all":
        return ops.batchAllTripletLoss(x, labels, options);
      case "quadruplet":
        return ops.quadrupletLoss(x, labels, options);
      default:
        throw new Error(`Found no reference of the loss ${key}`);
    }
  };
  // A choice between equal embeddings changes neither the loss nor its gradient.
  const allEqual = (pattern === "equal" || pattern === "zeros") && options.metric !== "angular";
  const settings = Object.entries(options).map(([name, value]) => `${name} ${value}`).join(", ");
  return {
    name: `${key}, ${settings}, ${batch}, ${pattern} of 1e${exponent} and width ${width}`,
    shape,
    values,
    labels,
    loss: (x, y) => lossTable[key].apply(x, y, options),
    reference,
    scale,
    slope: slopeOf(options.metric, largest, values, width),
    jumps: key === "semi-hard" || key === "batch-all",
    onEdge: !allEqual && clearanceOf(reference(leaf(shape, values))) < CLEAR * scale,
  };
}

function crossEntropyTrial(random: SeededRandom): Trial {
  const [batch, labels] = oneOf(random, Object.entries(BATCHES));
  const exponent = exponentOf(random, "euclidean"), smoothing = oneOf(random, [0, 0.1]);
  const [pattern, values] = embeddings(random, labels.length, CLASSES, exponent);
  return {
    name: `cross-entropy, smoothing ${smoothing}, ${batch}, ${pattern} of 1e${exponent}`,
    shape: [labels.length, CLASSES],
    values,
    labels,
    loss: (x, y) => withoutMetrics(crossEntropy(x, y, smoothing)),
    reference: (x) => ops.crossEntropy(x, [...labels], smoothing),
    scale: values.reduce((most, value) => Math.max(most, Math.abs(value)), 1),
    slope: 1,
    onEdge: false,
    jumps: false,
  };
}

function centerTrial(random: SeededRandom): Trial {
  const [batch, labels] = oneOf(random, Object.entries(BATCHES));
  const exponent = exponentOf(random, "euclidean"), width = 8;
  const [pattern, values] = embeddings(random, labels.length, width, exponent);
  const centers = embeddings(random, CLASSES, width, exponent)[1];
  return {
    name: `center, ${batch}, ${pattern} of 1e${exponent}`,
    shape: [labels.length, width],
    values,
    labels,
    loss: (x, y) => withoutMetrics(centerLoss(x, constant(centers, [CLASSES, width]), y)),
    reference: (x) => ops.centerLoss(x, leaf([CLASSES, width], centers), [...labels]),
    scale: 0,
    slope: 0,
    onEdge: false,
    jumps: false,
  };
}

/** The largest slope of a distance: the length of its gradient. */
function slopeOf(
  metric: TripletOptions["metric"],
  largest: number,
  values: Float32Array,
  width: number,
): number {
  if (metric === "euclidean") return 1;
  if (metric === "squared") return 2 * Math.sqrt(largest);
  const lengths = Array.from(
    { length: values.length / width },
    (_, row) => Math.hypot(...values.subarray(row * width, (row + 1) * width)),
  );
  const least = Math.min(...lengths.filter((length) => length > 1e-12));
  return least === Infinity ? 0 : 1 / least;
}

/** Labels are below this. */
const CLASSES = 8;

const BATCHES: Readonly<Record<string, number[]>> = {
  "two images of one person": [0, 0],
  "two images of two people": [0, 1],
  "one person": [3, 3, 3, 3],
  "one positive": [0, 1, 2, 2, 3, 4],
  "no positive": [0, 1, 2, 3, 4],
  "four people by two": [0, 0, 1, 1, 2, 2, 3, 3],
  "one image against many": [0, 0, 0, 0, 0, 0, 1],
};

/** The exponent of the embeddings that gives distances within the range. */
function exponentOf(random: SeededRandom, metric: TripletOptions["metric"]): number {
  const exponent = random.integer(2 * MOST_EXPONENT + 1) - MOST_EXPONENT;
  if (metric === "squared") return exponent / 2;
  // A row no longer than 1e-12 has no direction; rounding may put a row on either side.
  return metric === "angular" && Math.abs(exponent + 12) < 2 ? -10 : exponent;
}

/** Random rows with values of about 10^exponent, and their pattern. */
function embeddings(
  random: SeededRandom,
  rows: number,
  width: number,
  exponent: number,
): [pattern: string, values: Float32Array] {
  const pattern = oneOf(random, ["random", "equal", "zeros", "some zeros", "duplicates"]);
  const values = Float32Array.from({ length: rows * width }, () => 10 ** exponent * random.normal());
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * width, (row + 1) * width);
    if (pattern === "equal") one.set(values.subarray(0, width));
    if (pattern === "zeros" || (pattern === "some zeros" && random.integer(2) === 0)) one.fill(0);
    if (pattern === "duplicates" && row % 2 === 1) one.set(values.subarray((row - 1) * width, row * width));
  }
  return [pattern, values];
}

function withoutMetrics(loss: Tensor): TripletResult {
  return { loss, metrics: constant(TRIPLET_METRICS.map(() => 0), [TRIPLET_METRICS.length]) };
}

function oneOf<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.integer(values.length)]!;
}
