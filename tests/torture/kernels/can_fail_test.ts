/** The checks of out_of_bounds.ts find kernels that are wrong on purpose. */
import assert from "node:assert/strict";
import { affine, Device } from "../../../engine/mod.ts";
import type { Recorded } from "../../../engine/recorder.ts";
import { Value } from "../../../engine/value.ts";
import type { Dispatch } from "../../../kernels/mod.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import { CheckedKernels, runChecked } from "./checked_runs.ts";
import { foldFault, geometryFault, runnable } from "./geometry.ts";
import { runGuarded } from "./guarded_runs.ts";
import { type RandomProgram, recordRandom } from "./random_program.ts";

/** A program that doubles nine vec4s with a modified kernel. */
function program(device: Device, change: (dispatch: Dispatch) => Partial<Dispatch>): RandomProgram {
  const whole = recordRandom(
    device,
    (draw) => {
      const x = draw.tensor([9, 4], -1, 1, false);
      return () => affine(x, 2, 0);
    },
    seededRandom(1),
    0,
  );
  const steps = whole.steps.map((step) => ({
    ...step,
    dispatch: { ...step.dispatch, ...change(step.dispatch) },
  }));
  return { ...whole, steps };
}

/** The faults that are found in a modified kernel. */
async function faults(device: Device, change: (dispatch: Dispatch) => Partial<Dispatch>) {
  const broken = program(device, change);
  const checked = await runChecked(new CheckedKernels(device), [broken]);
  const guarded = await runGuarded(device, broken);
  return [checked.map(({ text }) => text).join("; "), guarded.map(({ text }) => text).join("; ")];
}

/** Replaces a piece of a kernel's text; the piece must exist. */
function edit(from: string, to: string): (dispatch: Dispatch) => Partial<Dispatch> {
  return ({ source }) => {
    assert.ok(source.includes(from), source);
    return { source: source.replace(from, to) };
  };
}

Deno.test("Kernels that are wrong on purpose are found, and a right one is not reported", async () => {
  const device = await Device.open({ storage: "buffer" });
  assert.deepEqual(await faults(device, () => ({})), ["", ""]);

  const unbounded = await faults(device, edit("if (i >= ROWS * C4) { return; }", ""));
  assert.match(unbounded[0]!, /indices outside x and y/);
  assert.match(unbounded[1]!, /behind \[9,4\] was written/);

  const reading = await faults(device, edit("x_load(i)", "x_load(i + 1u)"));
  assert.equal(reading[0], "indices outside x");
  assert.match(reading[1]!, /depends on what lies behind a tensor/);

  const negative = await faults(device, edit("x_load(i)", "x_load(i - 1u)"));
  assert.equal(negative[0], "indices outside x");

  const [missed] = await faults(device, edit("i >= ROWS", "i + 1u >= ROWS"));
  assert.match(missed!, /element 8 is written 0 times/);

  const [twice] = await faults(device, edit("y_store(i,", "y_store(i / 2u * 2u,"));
  assert.match(twice!, /element 0 is written 2 times|element 1 is written 0 times/);
  device.destroy();
});

Deno.test("Geometry that no adapter can run is found", () => {
  const dispatch = { workgroups: [65_536, 1, 1], constants: {} } as unknown as Dispatch;
  assert.match(geometryFault({ dispatch, values: [], pass: "forward" })!, /65536,1,1 workgroups/);
  const good = { ...dispatch, workgroups: [65_535, 2, 1] as const };
  assert.equal(geometryFault({ dispatch: good, values: [], pass: "forward" }), undefined);
  const constants = { N: 2 ** 32 };
  assert.match(
    geometryFault({ dispatch: { ...good, constants }, values: [], pass: "forward" })!,
    /N = 4294967296/,
  );
  for (const groups of [1, 65_535, 65_536, 65_535 * 2 + 1, 65_535 ** 2]) {
    assert.equal(foldFault(groups), undefined);
  }
});

Deno.test("Steps that no adapter can hold are left out with the steps that count their rows, and no others", () => {
  const value = (rows: number) => new Value([rows, 4], "f32", { kind: "input", name: "x" });
  const step = (...values: Value[]): Recorded => ({
    dispatch: { bindings: [{ access: "read" }, { access: "write" }] } as unknown as Dispatch,
    values,
    pass: "forward",
  });
  const [huge, sums, coefficients, y, small] = [2 ** 28, 64, 1, 2 ** 28 - 1, 9].map(value);
  const steps = [
    step(huge!, sums!),
    step(sums!, coefficients!),
    step(small!, y!),
    step(coefficients!, small!),
  ];
  assert.deepEqual(runnable(steps), [steps[2], steps[3]]);
});
