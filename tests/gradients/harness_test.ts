import assert from "node:assert/strict";
import { referenceOps, roundedOps } from "../reference/ops.ts";
import { clearanceOf, gradients } from "../reference/tape.ts";
import { allCases } from "./cases/all_cases.ts";
import { type GradientCase, gradientCase, normal } from "./cases/gradient_case.ts";
import {
  drawCotangent,
  drawInputs,
  indicesOf,
  LEAST_CLEARANCE,
  leaves,
  runReference,
} from "./draw_inputs.ts";
import { engineOps } from "./engine_ops.ts";
import { figuresTable } from "./figures_table.ts";
import { checkCase, type EngineResult, type EngineRunner } from "./harness.ts";

/** The reference in an engine's place, storing every intermediate result in 32 bits. */
const rounded: EngineRunner = (row, inputs, cotangentSeed) => {
  const values = leaves(row, inputs);
  const output = row.run(roundedOps, values, indicesOf(row));
  const cotangent = drawCotangent(cotangentSeed, output.data.length);
  return Promise.resolve({ output: output.data, gradients: gradients(output, values, cotangent, "f32") });
};

/** The same engine with a fault put into its result. */
function broken(
  fault: (result: { output: Float64Array; gradients: Float64Array[] }) => EngineResult,
): EngineRunner {
  return async (row, inputs, cotangentSeed) => {
    const result = await rounded(row, inputs, cotangentSeed);
    return fault({
      output: Float64Array.from(result.output),
      gradients: result.gradients.map((gradient) => Float64Array.from(gradient!)),
    });
  };
}

const byName = (name: string): GradientCase => {
  const found = allCases.find((row) => row.name === name);
  assert.ok(found, `no case is named ${name}`);
  return found;
};

Deno.test("every case passes with the reference rounded to f32 in the engine's place", async () => {
  const figures = [];
  for (const row of allCases) figures.push(await checkCase(row, rounded));
  assert.deepEqual(figures.filter((figure) => figure.failures.length > 0), []);
  const worst = Math.max(...figures.map((figure) => figure.gradientError));
  assert.ok(worst > 0 && worst < 1e-5, `a case is so ill-conditioned that rounding alone costs ${worst}`);
});

Deno.test("the table has a case for every op, and enough of different shapes", () => {
  assert.ok(allCases.length >= 320, `${allCases.length} cases`);
  assert.equal(new Set(allCases.map((row) => row.name)).size, allCases.length);
  const shapes = new Set(allCases.map((row) => JSON.stringify(row.inputs.map((input) => input.shape))));
  assert.ok(shapes.size >= 120, `${shapes.size} sets of shapes`);
  const ops = new Set(allCases.map((row) => row.op));
  // The reference's files also hold helpers; what the engine has, too, is an op.
  const all = Object.keys(referenceOps).filter((name) => name in engineOps);
  assert.ok(all.length > 35);
  assert.deepEqual(all.filter((op) => !ops.has(op)), []);
});

Deno.test("inputs are f32, the same every time, and away from every kink unless the case lies on one", () => {
  for (const row of allCases) {
    const inputs = drawInputs(row);
    assert.deepEqual(inputs, drawInputs(row));
    const clearance = clearanceOf(runReference(row, inputs));
    if (!row.atKink) assert.ok(clearance >= LEAST_CLEARANCE, `${row.name} is ${clearance} from a kink`);
  }
});

Deno.test("a case that cannot keep away from its kinks is refused", () => {
  const collapsed = gradientCase("relu", [normal([4], 1e-6)], (ops, [x]) => ops.relu(x));
  assert.throws(() => drawInputs(collapsed), /away from every kink/);
});

Deno.test("a gradient that is off by a thousandth is caught", async () => {
  const row = byName("dense [3,5] [5,7] [7]");
  const { failures } = await checkCase(
    row,
    broken(({ output, gradients }) => {
      gradients[1] = gradients[1].map((g) => g * 1.001);
      return { output, gradients };
    }),
  );
  assert.equal(failures.length, 1);
  assert.match(failures[0], /gradient of input 1 is off by 1\.0e-3/);
});

Deno.test("one wrong element of a gradient, a wrong output, NaN and a missing gradient are caught", async () => {
  const row = byName("depthwiseConv [2,9,6,16] [3,3,16] stride 2 SAME");
  const faults: Parameters<typeof broken>[0][] = [
    ({ output, gradients }) => {
      gradients[0][gradients[0].length - 1] += 0.1;
      return { output, gradients };
    },
    ({ output, gradients }) => {
      output[0] += 0.1;
      return { output, gradients };
    },
    ({ output, gradients }) => {
      gradients[1][3] = NaN;
      return { output, gradients };
    },
    ({ output, gradients }) => ({ output, gradients: [gradients[0], null] }),
    ({ output, gradients }) => ({ output: output.subarray(1), gradients }),
  ];
  for (const fault of faults) assert.notDeepEqual((await checkCase(row, broken(fault))).failures, []);
});

Deno.test("another convention on a kink is caught", async () => {
  const figures = await checkCase(
    byName("relu6 [7] at 0 and 6"),
    broken(({ output, gradients }) => {
      gradients[0][3] = 1;
      return { output, gradients };
    }),
  );
  assert.equal(figures.failures.length, 1);
  assert.equal(figures.differenceError, null);
});

Deno.test("a gradient that should cancel to nothing may be rounding's size, not more", async () => {
  const row = byName("batchNormTraining [1,6] [6] [6] of a single row");
  const residue = (size: number) =>
    broken(({ output, gradients }) => {
      gradients[0] = gradients[0].map(() => size);
      return { output, gradients };
    });
  assert.deepEqual((await checkCase(row, residue(1e-8))).failures, []);
  assert.notDeepEqual((await checkCase(row, residue(1e-3))).failures, []);
});

Deno.test("figuresTable() prints one line for each op and a total", async () => {
  const figures = [];
  for (const row of allCases.filter(({ op }) => op === "relu")) figures.push(await checkCase(row, rounded));
  const lines = figuresTable(figures).split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[1], /^relu +8 /);
  assert.match(lines[2], /^all +8 /);
});
