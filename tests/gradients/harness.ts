/**
 * Holds an engine against the f64 reference, one row of the gradient table at a time: its output, its gradients
 * against the analytic ones, and its gradients against central differences.
 */
import { centralDifferences } from "../reference/finite_differences.ts";
import { seededRandom, seedOf } from "../reference/seeded_random.ts";
import { gradients } from "../reference/tape.ts";
import type { GradientCase } from "./cases/gradient_case.ts";
import {
  cotangentSeedOf,
  drawCotangent,
  drawInputs,
  indicesOf,
  leaves,
  runReference,
} from "./draw_inputs.ts";
import type { Precision } from "../../engine/mod.ts";
import { referenceOps } from "../reference/ops.ts";

/** What an engine computes for a case: the output and, for every input that is not constant, its gradient. */
export interface EngineResult {
  output: ArrayLike<number>;
  /** One entry per input, in order; what stands at a constant input is not looked at. */
  gradients: readonly (ArrayLike<number> | null)[];
}

/**
 * Runs a case on an engine: output y, and gradients of sum(y * cotangent) where the cotangent is
 * `drawCotangent(cotangentSeed, number of y's elements)`.
 */
export type EngineRunner = (
  gradientCase: GradientCase,
  inputs: readonly Float32Array[],
  cotangentSeed: number,
) => Promise<EngineResult>;

/** Largest relative errors that pass. */
export interface Tolerances {
  /** Output and gradients against the analytic reference. */
  reference: number;
  /** Gradients against central differences of the reference. */
  differences: number;
}

/** How far one case was off, at its worst input. */
export interface CaseFigures {
  name: string;
  op: string;
  outputError: number;
  gradientError: number;
  /** Null for a case that lies on a kink, where differences mean nothing. */
  differenceError: number | null;
  /** One sentence for everything beyond its tolerance; empty when the case passed. */
  failures: string[];
}

/**
 * A number stored as f16 is off by up to 2^-11 of itself. An inverted residual block, the longest chain of the table,
 * stores ten one after another: four forward (expanded, convolved, projected, summed) and six back (the cotangent, the
 * gradients of three inputs, one of a batch norm where it is written out, and the sum of both paths).
 */
const F16_ERROR = 10 * 2 ** -11;

const TOLERANCES: Readonly<Record<Precision, Tolerances>> = {
  f32: { reference: 1e-4, differences: 1e-3 },
  f16: { reference: F16_ERROR, differences: F16_ERROR },
};
const MOST_COORDINATES = 12;

/**
 * The size below which a true value counts as zero, as a share of the case's own scale: a gradient that cancels to
 * nothing in exact arithmetic is compared with this instead of with itself.
 */
const ZERO_SHARE = 1e-2;

/**
 * Checks one case. Errors are norms of differences over the norm of what is expected, at least `ZERO_SHARE` of the
 * case's scale: for the output the root of its length, for gradients the root mean square of all their norms.
 */
export async function checkCase(
  gradientCase: GradientCase,
  run: EngineRunner,
  precision: Precision = "f32",
  tolerances: Tolerances = TOLERANCES[precision],
): Promise<CaseFigures> {
  const expected = expectationOf(gradientCase, precision);
  const actual = await run(gradientCase, expected.inputs, cotangentSeedOf(gradientCase));
  const failures: string[] = [];
  const limit = (what: string, error: number, most: number): number => {
    if (!(error <= most)) failures.push(`${what} is off by ${error.toExponential(1)}, more than ${most}`);
    return error;
  };

  const outputFloor = ZERO_SHARE * Math.sqrt(expected.output.length);
  const outputError = limit(
    "The output",
    relativeError(actual.output, expected.output, outputFloor),
    tolerances.reference,
  );
  let gradientError = 0;
  let differenceError = gradientCase.atKink ? null : 0;
  gradientCase.inputs.forEach((spec, i) => {
    if (spec.constant) return;
    const gradient = actual.gradients[i];
    if (gradient === null || gradient === undefined) {
      failures.push(`Input ${i} has no gradient`);
      gradientError = Infinity;
      return;
    }
    const error = relativeError(gradient, expected.gradients[i], expected.gradientFloor);
    gradientError = Math.max(gradientError, limit(`The gradient of input ${i}`, error, tolerances.reference));
    if (differenceError === null) return;
    const chosen = expected.coordinates[i];
    const share = Math.sqrt(chosen.length / Math.max(1, gradient.length));
    const floor = share * Math.max(norm(expected.gradients[i]), expected.gradientFloor);
    const sampled = chosen.map((coordinate) => gradient[coordinate]);
    differenceError = Math.max(
      differenceError,
      limit(
        `The gradient of input ${i} against differences`,
        relativeError(sampled, expected.differences[i], floor),
        tolerances.differences,
      ),
    );
  });
  const { name, op } = gradientCase;
  return { name, op, outputError, gradientError, differenceError, failures };
}

/** What the reference says about a case; computed once, however many engines are held against it. */
interface Expectation {
  inputs: readonly Float32Array[];
  output: Float64Array;
  gradients: readonly Float64Array[];
  gradientFloor: number;
  coordinates: readonly number[][];
  differences: readonly Float64Array[];
}

const expectations = new WeakMap<GradientCase, Map<Precision, Expectation>>();

function expectationOf(gradientCase: GradientCase, precision: Precision): Expectation {
  const known = expectations.get(gradientCase) ?? new Map<Precision, Expectation>();
  expectations.set(gradientCase, known);
  const found = known.get(precision);
  if (found !== undefined) return found;
  const inputs = drawInputs(gradientCase, precision);
  const values = leaves(gradientCase, inputs);
  const output = gradientCase.run(referenceOps, values, indicesOf(gradientCase));
  const cotangent = drawCotangent(cotangentSeedOf(gradientCase), output.data.length);
  const analytic = gradients(output, values, cotangent);
  const coordinates = gradientCase.inputs.map((spec, i) =>
    spec.constant || gradientCase.atKink
      ? []
      : chooseCoordinates(`${gradientCase.name} ${i}`, inputs[i].length)
  );
  const differences = centralDifferences(
    (moved) => runReference(gradientCase, moved).data.reduce((sum, y, i) => sum + y * cotangent[i], 0),
    inputs.map((input) => Float64Array.from(input)),
    coordinates,
  );
  const norms = analytic.filter((_, i) => !gradientCase.inputs[i].constant).map(norm);
  const scale = Math.max(norm(norms) / Math.sqrt(norms.length), ZERO_SHARE * norm(cotangent));
  const expectation = {
    inputs,
    output: output.data,
    gradients: analytic,
    gradientFloor: ZERO_SHARE * scale,
    coordinates,
    differences,
  };
  known.set(precision, expectation);
  return expectation;
}

/** Up to twelve different indices below `length`, the same for the same text. */
function chooseCoordinates(text: string, length: number): number[] {
  if (length <= MOST_COORDINATES) return Array.from({ length }, (_, i) => i);
  const random = seededRandom(seedOf(text));
  const chosen = new Set<number>();
  while (chosen.size < MOST_COORDINATES) chosen.add(random.integer(length));
  return [...chosen];
}

/** ||actual - expected|| / max(||expected||, floor); Infinity for another length, NaN where `actual` has one. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>, floor: number): number {
  if (actual.length !== expected.length) return Infinity;
  const difference = Float64Array.from(expected, (value, i) => actual[i] - value);
  return norm(difference) / Math.max(norm(expected), floor);
}

function norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] ** 2;
  return Math.sqrt(squares);
}
