/**
 * The self-test of an adapter: the kernels that training and search rest on, against the same in f64 on the CPU. A driver
 * or a compiler may turn a right shader into a wrong program, and a wrong gradient only shows in scores, hours later.
 */
import { elementCount } from "../../kernels/mod.ts";
import { backward } from "../autograd.ts";
import type { Device } from "../device.ts";
import { f32, type InputSpec, u32 } from "../inputs.ts";
import { itemAt } from "../item_at.ts";
import { batchNormInference } from "../ops/batch_norm.ts";
import { mul } from "../ops/elementwise.ts";
import { nearestColumns } from "../ops/rank.ts";
import { sum } from "../ops/reduce.ts";
import { Program } from "../program.ts";
import { Random } from "../random.ts";
import type { Tensor } from "../tensor.ts";
import { allChecks, type Check, drawInputs } from "./checks.ts";

/** What was found of one computation. */
export interface SelfTestResult {
  /** What was computed. */
  readonly name: string;
  /** The root mean square difference from f64 over that of the values themselves, of the worst result; or how many are wrong. */
  readonly error: number;
  /** The largest error that rounding explains. */
  readonly tolerance: number;
  /** Whether a second run gave the same bits. */
  readonly repeatable: boolean;
  /** Whether the error is within the tolerance, and the second run equal. */
  readonly passed: boolean;
  /** Whether the program cannot be used without it. */
  readonly required: boolean;
}

/** Of numbers stored in f32 and in f16: many times what a right adapter shows, and less than one wrong number of all. */
const TOLERANCE = { f32: 1e-4, f16: 0.1 };

/**
 * Tests the adapter of a device with the kernels that run on it, in seconds.
 *
 * @param wanted which computations with gradients are tested, by their names; by default all.
 * @throws {EngineError} when the adapter refuses a kernel, or is lost.
 */
export async function selfTest(
  device: Device,
  wanted: (name: string) => boolean = () => true,
): Promise<SelfTestResult[]> {
  const results: SelfTestResult[] = [];
  for (const check of allChecks().filter(({ name }) => wanted(name))) {
    results.push(await gradientTest(device, check));
  }
  results.push(await nearestTest(device), await nanTest(device));
  return results;
}

/** Those without which the program cannot be used, and that failed. */
export function failedTests(results: readonly SelfTestResult[]): SelfTestResult[] {
  return results.filter(({ passed, required }) => required && !passed);
}

function result(
  name: string,
  { error, tolerance, repeatable, required = true }: {
    error: number;
    tolerance: number;
    repeatable: boolean;
    required?: boolean;
  },
): SelfTestResult {
  return { name, error, tolerance, repeatable, passed: error <= tolerance && repeatable, required };
}

/** Results of a computation, and gradients of its inputs, for a random gradient of its results. */
async function gradientTest(
  device: Device,
  check: Check,
): Promise<SelfTestResult> {
  const { name, shapes, result: shape, precision, record, reference } = check;
  const { values, dy } = drawInputs(check);
  const names = shapes.map((_, i) => `input${i}`);
  const inputs: Record<string, InputSpec<Tensor>> = { dy: f32(shape) };
  for (const [i, shape] of shapes.entries()) inputs[itemAt(names, i)] = f32(shape, { differentiable: true });
  const program = await Program.record(device, inputs, (given) => {
    const tensors = names.map((name) => given[name]!);
    const y = record(...tensors);
    const gradients = backward(sum(mul(y, given.dy!)));
    const outputs: Record<string, Tensor> = { y };
    for (const [i, name] of names.entries()) outputs[name] = gradients.of(itemAt(tensors, i))!;
    return outputs;
  }, { precision });
  const data = { dy, ...Object.fromEntries(names.map((name, i) => [name, itemAt(values, i)])) };
  const { first, repeatable } = await twice(program, () => program.run(data));
  const { values: expected, gradients } = reference(...values);
  const errors = [expected, ...gradients(dy)].map((numbers, i) =>
    relativeError(numbers, first[["y", ...names][i]!]!)
  );
  const error = errors.some(Number.isNaN) ? NaN : Math.max(...errors);
  return result(name, { error, tolerance: TOLERANCE[precision], repeatable });
}

/** The nearest columns of a distance matrix, of equals the first. */
async function nearestTest(device: Device): Promise<SelfTestResult> {
  const [queries, gallery, count] = [5, 1501, 50];
  const random = new Random(2);
  const distances = Float32Array.from({ length: queries * gallery }, () => random.integer(400));
  const inputs = { distances: f32([queries, gallery]), valid: u32([1]) };
  const program = await Program.record(device, inputs, ({ distances, valid }) => ({
    nearest: nearestColumns(distances, count, valid),
  }));
  const { first, repeatable } = await twice(program, () => program.run({ distances, valid: [gallery] }));
  let wrong = 0;
  for (let query = 0; query < queries; query++) {
    const row = [...distances.subarray(query * gallery, (query + 1) * gallery).entries()];
    const sorted = row.sort(([i, a], [j, b]) => a - b || i - j);
    for (let rank = 0; rank < count; rank++) {
      if (first.nearest[query * count + rank] !== itemAt(sorted, rank)[0]) wrong++;
    }
  }
  return result("nearest images", { error: wrong, tolerance: 0, repeatable });
}

/** Whether NaN passes through ReLU6: a broken network is then noticed by what it computes. */
async function nanTest(device: Device): Promise<SelfTestResult> {
  const shape = [1, 4, 4, 8];
  const inputs = { x: f32(shape), gamma: f32([8]), beta: f32([8]) };
  const program = await Program.record(device, inputs, ({ x, gamma, beta }) => ({
    y: batchNormInference(x, gamma, beta, beta, gamma, { epsilon: EPSILON, relu6: true }),
  }));
  const x = Float32Array.from({ length: elementCount(shape) }, (_, i) => i % 3 === 0 ? NaN : 1);
  const data = { x, gamma: new Array(8).fill(1), beta: new Array(8).fill(0) };
  const { first, repeatable } = await twice(program, () => program.run(data));
  const wrong = x.filter((value, i) => Number.isNaN(value) !== Number.isNaN(first.y[i])).length;
  return result("NaN through ReLU6", { error: wrong, tolerance: 0, repeatable, required: false });
}

const EPSILON = 1e-3;

/** The outputs of a run, and whether a second one had the same bits. */
async function twice<O extends Record<string, ArrayLike<number>>>(
  program: { destroy(): void },
  run: () => Promise<O>,
): Promise<{ first: O; repeatable: boolean }> {
  try {
    const [first, second] = [await run(), await run()];
    const repeatable = Object.entries(first).every(([name, values]) => {
      const others = second[name]!;
      return Array.from(values).every((value, i) => Object.is(value, others[i]));
    });
    return { first, repeatable };
  } finally {
    program.destroy();
  }
}

/** The root mean square of the differences over that of what is expected; NaN where a number is none. */
function relativeError(expected: Float64Array, actual: ArrayLike<number>): number {
  let [differences, squares] = [0, 0];
  for (const [i, value] of expected.entries()) {
    differences += (itemAt(actual, i) - value) ** 2;
    squares += value * value;
  }
  return Math.sqrt(differences / squares);
}
