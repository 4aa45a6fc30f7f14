/** The numbers of a case: seeded, rounded to f32, and away from every kink. */
import { referenceOps } from "../reference/ops.ts";
import { type SeededRandom, seededRandom, seedOf } from "../reference/seeded_random.ts";
import { clearanceOf, elementCount, leaf, type RefTensor } from "../reference/tape.ts";
import type { Precision } from "../../engine/mod.ts";
import type { GradientCase, InputSpec } from "./cases/gradient_case.ts";

/** How far every op of a case stays from its kinks, unless the case lies on one. */
export const LEAST_CLEARANCE = 1e-3;

const AVOIDED_BY = 2e-3;
const MOST_DRAWS = 2000;

/**
 * Inputs of a case as f32 numbers, or rounded to f16, the same on every call: drawn anew until the reference finds every
 * ReLU6, hinge and mined pair at least `LEAST_CLEARANCE` from where its gradient jumps.
 * @throws Error when 2000 draws were all too near to a kink
 */
export function drawInputs(gradientCase: GradientCase, precision: Precision = "f32"): Float32Array[] {
  const random = seededRandom(seedOf(gradientCase.name));
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const inputs = gradientCase.inputs.map((spec) => {
      const input = drawInput(spec, random);
      return precision === "f16" ? input.map(Math.f16round) : input;
    });
    if (gradientCase.atKink || clearanceOf(runReference(gradientCase, inputs)) >= LEAST_CLEARANCE) {
      return inputs;
    }
  }
  throw new Error(
    `No inputs ${LEAST_CLEARANCE} away from every kink in ${MOST_DRAWS} draws: ${gradientCase.name}`,
  );
}

/** The f64 reference's output for given numbers, on a separate tape. */
export function runReference(gradientCase: GradientCase, inputs: readonly ArrayLike<number>[]): RefTensor {
  return gradientCase.run(referenceOps, leaves(gradientCase, inputs), indicesOf(gradientCase));
}

/** The inputs as values on the tape. */
export function leaves(gradientCase: GradientCase, inputs: readonly ArrayLike<number>[]): RefTensor[] {
  return gradientCase.inputs.map((spec, i) => leaf(spec.shape, inputs[i]));
}

/** The integer arguments as the reference takes them. */
export function indicesOf(gradientCase: GradientCase): number[][] {
  return gradientCase.indices.map((indices) => [...indices]);
}

/** The fixed weights, each 0.5 to 1.5 in size, that contract an output of `length` elements to one number. */
export function drawCotangent(seed: number, length: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => (0.5 + random.uniform()) * (random.uniform() < 0.5 ? -1 : 1));
}

/** The seed that a case's cotangent is drawn from. */
export function cotangentSeedOf(gradientCase: GradientCase): number {
  return seedOf(`cotangent of ${gradientCase.name}`);
}

function drawInput({ shape, distribution, avoid = [] }: InputSpec, random: SeededRandom): Float32Array {
  if (distribution.kind === "values") return Float32Array.from(distribution.values);
  const draw = () =>
    Math.fround(
      distribution.kind === "normal"
        ? (distribution.mean ?? 0) + distribution.deviation * random.normal()
        : distribution.low + (distribution.high - distribution.low) * random.uniform(),
    );
  return Float32Array.from({ length: elementCount(shape) }, () => {
    let value = draw();
    while (avoid.some((kink) => Math.abs(value - kink) < AVOIDED_BY)) value = draw();
    return value;
  });
}
