/**
 * SGD and Adam in every option against f64 over 50 steps. Gradients reach from 1e-12 to 1e4 within one tensor, with zeros:
 * where they are small, epsilon and its place decide the step; where they are large, nothing may overflow.
 */
import assert from "node:assert/strict";
import {
  Adam,
  add,
  AVERAGE_PREFIX,
  Device,
  f32,
  LossScale,
  mul,
  type Parameter,
  ParameterSet,
  Program,
  Sgd,
  sum,
  WeightAverage,
} from "../../engine/mod.ts";
import {
  adamStep,
  averageDecay,
  averageStep,
  clipFactor,
  lossScaleStep,
  sgdStep,
} from "../reference/optimizers.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const STEPS = 50;
/** Of the loss's scale: steps whose gradients are infinite. */
const SKIPPED = [1, 6, 17, 18];
const GROWTH = 500;
const TOLERANCE = 3e-5;

/** Shape, multiplier of the learning rate, and whether weight decay applies. `b` takes several blocks of multipliers. */
const PARAMETERS = {
  a: { shape: [3, 5], rate: 1, decay: true },
  b: { shape: [150], rate: 0.1, decay: true },
  c: { shape: [7], rate: 3, decay: false },
  frozen: { shape: [6], rate: 0, decay: true },
} as const;
type Name = keyof typeof PARAMETERS;
const NAMES = Object.keys(PARAMETERS) as Name[];

interface Case {
  kind: "sgd" | "adam";
  options: {
    momentum?: number;
    beta1?: number;
    beta2?: number;
    epsilon?: number;
    weightDecay?: number;
    clipNorm?: number;
  };
  /** The momentum or beta1 from a step on. */
  later?: { momentum: number; from: number };
  /** Whether the loss is scaled, and some steps are skipped. */
  scaled?: boolean;
  /** The decay of an average of the weights. */
  ema?: number;
  learningRate?: number;
}

const CASES: readonly Case[] = [
  { kind: "sgd", options: {} },
  { kind: "sgd", options: { momentum: 0.9 } },
  { kind: "sgd", options: { momentum: 0.9, weightDecay: 0.3 }, later: { momentum: 0.5, from: 20 } },
  { kind: "sgd", options: { momentum: 0.8, clipNorm: 50 }, scaled: true, ema: 0.7 },
  { kind: "adam", options: {} },
  { kind: "adam", options: { beta1: 0.7, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.2 } },
  { kind: "adam", options: { weightDecay: 0.1 }, later: { momentum: 0.5, from: 20 }, learningRate: 0.1 },
  { kind: "adam", options: { clipNorm: 50 } },
  { kind: "adam", options: { clipNorm: 1e-6, beta2: 0.99 } },
  { kind: "adam", options: { weightDecay: 0.05 }, scaled: true, ema: 0.9 },
];

/** Sizes log-uniform from 1e-12 to 1e4, signs at random, every seventh 0. In every fifth step none is above 1e-6. */
function drawGradients(step: number): Record<Name, Float64Array> {
  const random = seededRandom(step);
  const draw = (name: Name) => {
    const own = seededRandom(NAMES.indexOf(name) + 1000);
    return Float64Array.from({ length: PARAMETERS[name].shape.reduce((a, b) => a * b, 1) }, (_, i) => {
      const size = own.uniform() * 16 - 12 + random.normal();
      const power = Math.min(4, Math.max(-12, size - (step % 5 === 0 ? 10 : 0)));
      const sign = random.uniform() < 0.3 ? -1 : 1;
      return i % 7 === 3 || (i + step) % 11 === 0 ? 0 : Math.fround(sign * 10 ** power);
    });
  };
  return Object.fromEntries(NAMES.map((name) => [name, draw(name)])) as Record<Name, Float64Array>;
}

const zerosOf = (name: Name) => new Float64Array(PARAMETERS[name].shape.reduce((a, b) => a * b, 1));

/** Every other weight begins at 0: there a move is seen however small it is. */
function firstWeights(name: Name): Float64Array {
  const random = seededRandom(7);
  return zerosOf(name).map((_, i) => i % 2 === 0 ? 0 : Math.fround(random.normal()));
}

const learningRateAt = (step: number, highest: number) => highest * (step < 10 ? step / 10 : 10 / step);

/** What f64 makes of a case: weights, moments, averages, and how far each weight went. */
function expected({ kind, options, later, scaled, ema, learningRate = 0.01 }: Case) {
  const state = NAMES.map((name) => ({
    name,
    weights: firstWeights(name),
    first: zerosOf(name),
    second: zerosOf(name),
    average: zerosOf(name),
    path: zerosOf(name),
  }));
  const { momentum = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm = 0 } = options;
  let scale = { scale: 2 ** 12, good: 0, skipped: 0 };
  let beta1Product = 1;
  const norms: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const share = later && step >= later.from ? later.momentum : kind === "sgd" ? momentum : beta1;
    beta1Product *= share;
    const skip = scaled && SKIPPED.includes(step);
    if (scaled) scale = lossScaleStep(scale, !skip, GROWTH);
    const gradients = drawGradients(step);
    const { norm, factor } = clipFactor(Object.values(gradients), clipNorm || Infinity);
    norms.push(skip ? 0 : norm);
    for (const { name, weights, first, second, average, path } of state) {
      const { rate, decay } = PARAMETERS[name];
      const before = weights.slice();
      if (!skip) {
        const gradient = gradients[name].map((g) => factor * g);
        const common = {
          learningRate: rate * learningRateAt(step, learningRate),
          weightDecay: decay ? weightDecay : 0,
        };
        if (kind === "sgd") sgdStep(weights, gradient, first, { ...common, momentum: share });
        else {
          const betas = { beta1: share, beta2, epsilon, beta1Product };
          adamStep(weights, gradient, first, second, { ...common, ...betas, step });
        }
      }
      if (ema !== undefined) averageStep(average, weights, averageDecay(step, ema));
      weights.forEach((w, i) => path[i] += Math.abs(w - before[i]));
    }
  }
  return { state, scale, norms };
}

async function onDevice(device: Device, { kind, options, later, scaled, ema, learningRate = 0.01 }: Case) {
  const set = new ParameterSet(device);
  const parameters = NAMES.map((name) => {
    const { shape, decay } = PARAMETERS[name];
    return set.add(name, [...shape], firstWeights(name), { decay });
  });
  const average = ema === undefined ? undefined : new WeightAverage(set, ema);
  const lossScale = scaled ? new LossScale(set) : undefined;
  const optimizer = kind === "sgd"
    ? new Sgd(set, { ...options, lossScale })
    : new Adam(set, { ...options, lossScale });
  optimizer.laterMomentum = later;
  const inputs = {
    ...Object.fromEntries(NAMES.map((name) => [name, f32(PARAMETERS[name].shape)])),
  };
  const multiplier = ({ name }: Parameter) => PARAMETERS[name as Name].rate;
  const program = await Program.record(device, inputs, (gradients) => {
    const terms = parameters.map((parameter) => sum(mul(parameter, gradients[parameter.name])));
    const { nonFinite, clipping } = optimizer.minimize(
      terms.reduce((a, b) => add(a, b)),
      multiplier,
    );
    average?.update();
    return { nonFinite, norm: clipping ?? nonFinite };
  });
  const norms: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const gradients = drawGradients(step);
    if (scaled && SKIPPED.includes(step)) gradients.b[149] = -Infinity;
    optimizer.rate = learningRateAt(step, learningRate);
    const { nonFinite, norm } = await program.run(gradients);
    assert.equal(nonFinite[0], 0);
    norms.push(norm[0]);
  }
  const read = await set.read(...optimizer.state);
  const valuesOf = (buffer: string, name: string) => read.get(buffer)!.get(set.get(name)!)!;
  const result = {
    norms,
    scale: scaled ? [...valuesOf("weights", lossScale!.state.name)].slice(0, 3) : undefined,
    values: Object.fromEntries(NAMES.map((name) => [name, {
      weights: valuesOf("weights", name),
      moments: optimizer.state.map((buffer) => valuesOf(buffer, name)),
      average: average && valuesOf("weights", AVERAGE_PREFIX + name),
    }])),
  };
  for (const owner of [program, set]) owner.destroy();
  return result;
}

const device = await Device.open();

for (const row of CASES) {
  const { kind, options, later, scaled, ema } = row;
  Deno.test(`${kind} ${JSON.stringify({ ...options, later, scaled, ema })} equals f64 over ${STEPS} steps`, async () => {
    const { state, scale, norms } = expected(row);
    const actual = await onDevice(device, row);
    const near = (what: string, value: number, wanted: number, slack: number) =>
      assert.ok(Math.abs(value - wanted) <= slack, `${what}: ${value}, expected ${wanted}`);
    if (options.clipNorm) {
      norms.forEach((norm, i) => near(`norm of step ${i + 1}`, actual.norms[i], norm, TOLERANCE * norm));
    }
    if (scaled) assert.deepEqual(actual.scale, [scale.scale, scale.good, scale.skipped]);
    for (const { name, weights, first, second, average, path } of state) {
      const { values: { [name]: found } } = actual;
      weights.forEach((weight, i) => {
        // The moves are off by a share of themselves; adding each to the weight rounds once more.
        const slack = TOLERANCE * path[i] + 1e-6 * Math.abs(weight);
        near(`${name}[${i}]`, found.weights[i], weight, PARAMETERS[name].rate === 0 ? 0 : slack);
        if (found.average) near(`average of ${name}[${i}]`, found.average[i], average[i], slack);
      });
      [first, second].slice(0, found.moments.length).forEach((moment, k) => {
        const largest = moment.map(Math.abs);
        largest.forEach((size, i) =>
          near(`moment ${k} of ${name}[${i}]`, found.moments[k][i], moment[i], 1e-4 * size)
        );
      });
    }
  });
}

Deno.test.afterAll(() => device.destroy());
