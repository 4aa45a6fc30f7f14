/** What elementwise ops make of NaN, infinite numbers and zeros: what the f64 reference makes of them. */
import assert from "node:assert/strict";
import { argmax, argmin, Device, f32, Program, type Tensor, type Uint32Tensor } from "../../engine/mod.ts";
import { engineOps } from "../gradients/engine_ops.ts";
import { type Ops, referenceOps } from "../reference/ops.ts";
import { leaf } from "../reference/tape.ts";

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2, 3, 7];
const PAIRS = SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b]));

const UNARY = [
  "neg",
  "abs",
  "relu",
  "relu6",
  "gelu",
  "silu",
  "sigmoid",
  "tanh",
  "exp",
  "log",
  "sqrt",
  "softplus",
] as const satisfies readonly (keyof Ops<Tensor, Uint32Tensor>)[];

const BINARY = [
  "add",
  "sub",
  "mul",
  "div",
  "maximum",
  "minimum",
  "equal",
  "notEqual",
  "less",
  "lessEqual",
  "greater",
  "greaterEqual",
] as const satisfies readonly (keyof Ops<Tensor, Uint32Tensor>)[];

/** WGSL's own functions are exact to some f32 steps only. */
function same(actual: number, expected: number): boolean {
  return Object.is(actual, expected) || actual === expected ||
    Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected));
}

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`elementwise ops treat NaN and infinite numbers as the reference does, in ${storage}s`, async () => {
    using device = await Device.open({ storage, constants: "uniform" });
    const [left, right] = [0, 1].map((i) => PAIRS.map((pair) => pair[i]!));
    const inputs = { x: f32([SPECIAL.length]), a: f32([PAIRS.length]), b: f32([PAIRS.length]) };
    const program = await Program.record(device, inputs, ({ x, a, b }) => {
      const outputs: Record<string, Tensor> = {};
      for (const op of UNARY) outputs[op] = engineOps[op](x);
      for (const op of BINARY) outputs[op] = engineOps[op](a, b);
      outputs.where = engineOps.where(a, b, 2);
      outputs.clip = engineOps.clip(a, -1, 1);
      outputs.cube = engineOps.pow(x, 3);
      outputs.one = engineOps.pow(x, 0);
      return outputs;
    });
    const found = await program.run({ x: SPECIAL, a: left, b: right });
    program.destroy();
    const [x, a, b] = [SPECIAL, left, right].map((data) => leaf([data.length], data));
    const expected: Record<string, Float64Array> = {
      where: referenceOps.where(a, b, 2).data,
      clip: referenceOps.clip(a, -1, 1).data,
      cube: referenceOps.pow(x, 3).data,
      one: referenceOps.pow(x, 0).data,
    };
    for (const op of UNARY) expected[op] = referenceOps[op](x).data;
    for (const op of BINARY) expected[op] = referenceOps[op](a, b).data;
    const wrong = Object.entries(expected).flatMap(([op, values]) =>
      [...values].flatMap((value, i) => {
        const given = values.length === SPECIAL.length ? SPECIAL[i] : PAIRS[i];
        return same(found[op]![i]!, value) ? [] : [`${op}(${given}) is ${found[op]![i]}, not ${value}`];
      })
    );
    assert.deepEqual(wrong, []);
  });
}

Deno.test("argmax and argmin: the first of equal ones, NaN before all, any axis, odd shapes", async () => {
  using device = await Device.open({ constants: "uniform" });
  const shapes = [[7], [3, 5], [5, 3], [2, 3, 4], [2, 3, 2, 5]];
  for (const shape of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const x = Array.from({ length: count }, (_, i) => i === 3 ? NaN : i * 7 % 5 - 2);
    for (const axis of shape.keys()) {
      const program = await Program.record(device, { x: f32(shape) }, ({ x }) => ({
        largest: argmax(x, axis),
        smallest: argmin(x, axis - shape.length),
      }));
      const found = await program.run({ x });
      program.destroy();
      assert.deepEqual(
        [...found.largest],
        places(x, shape, axis, (v, best) => v > best),
        `[${shape}] ${axis}`,
      );
      assert.deepEqual(
        [...found.smallest],
        places(x, shape, axis, (v, best) => v < best),
        `[${shape}] ${axis}`,
      );
    }
  }
});

/** The same with loops. */
function places(
  x: readonly number[],
  shape: readonly number[],
  axis: number,
  better: (v: number, best: number) => boolean,
): number[] {
  const size = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = x.length / size / inner;
  return Array.from({ length: outer * inner }, (_, n) => {
    const at = (p: number) => x[(Math.floor(n / inner) * size + p) * inner + n % inner]!;
    let place = 0;
    for (let p = 1; p < size; p++) {
      const [v, best] = [at(p), at(place)];
      if (better(v, best) || (Number.isNaN(v) && !Number.isNaN(best))) place = p;
    }
    return place;
  });
}
