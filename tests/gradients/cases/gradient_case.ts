/** A row of the gradient table: named inputs, and a computation written once for engine and reference. */
import type { Ops } from "../../reference/ops.ts";

/** Where an input's numbers come from. */
export type Distribution =
  /** Normal with mean 0 unless said, and this standard deviation. */
  | { kind: "normal"; deviation: number; mean?: number }
  | { kind: "uniform"; low: number; high: number }
  /** These numbers, in row-major order. */
  | { kind: "values"; values: readonly number[] };

/** One input. */
export interface InputSpec {
  shape: readonly number[];
  distribution: Distribution;
  /** Numbers that no element may come nearer to than 2e-3: kinks of an op applied to this very input. */
  avoid?: readonly number[];
  /** Set for what the op treats as given (running statistics): no gradient is asked for. */
  constant?: true;
}

/** A computation whose gradients are checked with respect to every input that is not constant. */
export interface GradientCase {
  /** Unique in the table; the case's random numbers are drawn from it. */
  name: string;
  /** The op, or the composite, that the case is a row of. */
  op: string;
  inputs: readonly InputSpec[];
  /** Integer arguments: labels, rows to gather. */
  indices: readonly (readonly number[])[];
  /**
   * Set where the inputs lie exactly on a kink or tie, so that only the convention (subgradient 0, lowest index)
   * tells what the gradient is: compared with the analytic reference, not with differences.
   */
  atKink: boolean;
  run<T, I>(ops: Ops<T, I>, inputs: T[], indices: I[]): T;
}

/** What is left to say about a case after its op, inputs and computation. */
export interface CaseOptions {
  /** Told apart from cases of the same op and shapes by this. */
  note?: string;
  indices?: readonly (readonly number[])[];
  atKink?: boolean;
}

/** A case named by op, shapes and note. */
export function gradientCase(
  op: string,
  inputs: readonly InputSpec[],
  run: GradientCase["run"],
  { note, indices = [], atKink = false }: CaseOptions = {},
): GradientCase {
  const shapes = inputs.map((input) => `[${input.shape.join(",")}]`).join(" ");
  return { name: `${op} ${shapes}${note === undefined ? "" : ` ${note}`}`, op, inputs, indices, atKink, run };
}

/** A standard normal input, or of another standard deviation. */
export function normal(shape: readonly number[], deviation = 1): InputSpec {
  return { shape, distribution: { kind: "normal", deviation } };
}

/** A normal input around another mean than 0. */
export function normalAround(mean: number, shape: readonly number[], deviation = 1): InputSpec {
  return { shape, distribution: { kind: "normal", deviation, mean } };
}

/** A uniform input. */
export function uniform(low: number, high: number, shape: readonly number[]): InputSpec {
  return { shape, distribution: { kind: "uniform", low, high } };
}

/** An input given number by number. */
export function exactly(shape: readonly number[], values: readonly number[]): InputSpec {
  return { shape, distribution: { kind: "values", values } };
}

/** The same input, with every element at least 2e-3 from each of `kinks`. */
export function avoiding(kinks: readonly number[], input: InputSpec): InputSpec {
  return { ...input, avoid: kinks };
}

/** The same input, taken as given: no gradient with respect to it is asked for. */
export function constant(input: InputSpec): InputSpec {
  return { ...input, constant: true };
}

/** A weight of `fanIn` inputs, scaled so that what it is applied to keeps its variance. */
export function weight(shape: readonly number[], fanIn: number): InputSpec {
  return normal(shape, 1 / Math.sqrt(fanIn));
}
