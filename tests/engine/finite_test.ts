import assert from "node:assert/strict";
import {
  Adam,
  asTensor,
  Device,
  markNonFinite,
  mul,
  ParameterSet,
  Program,
  Sgd,
  sum,
} from "../../engine/mod.ts";

const COUNT = 300;
/** The largest and the smallest numbers that are finite. */
const FINITE = [3.4028234e38, -3.4028234e38, 1e-45, -0];

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`One weight, moment or state that is not finite is marked by the step, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    for (const make of [(set: ParameterSet) => new Adam(set), (set: ParameterSet) => new Sgd(set)]) {
      const set = new ParameterSet(device);
      const w = set.add("w", [COUNT], new Float32Array(COUNT));
      const variance = set.add("variance", [COUNT], new Float32Array(COUNT), { trainable: false });
      const optimizer = make(set);
      const step = await Program.record(device, { settings: optimizer.input }, ({ settings }) => {
        const broken = markNonFinite(set);
        optimizer.minimize(sum(asTensor(w)), settings, undefined, broken);
        return { broken };
      });
      const marked = async (fill: (values: Float32Array) => Float32Array, buffer: string) => {
        const zeros = new Float32Array(COUNT);
        for (const each of ["weights", ...optimizer.state]) set.writeTrainable(each, w, zeros);
        set.write(w, buffer === "weights" ? fill(zeros.slice()) : zeros);
        set.write(variance, buffer === "state" ? fill(zeros.slice()) : zeros);
        if (optimizer.state.includes(buffer)) set.writeTrainable(buffer, w, fill(zeros.slice()));
        return (await step.run({ settings: optimizer.settings(1, 0) })).broken[0];
      };
      try {
        for (const buffer of ["weights", "state", ...optimizer.state]) {
          for (const [i, value] of [NaN, Infinity, -Infinity].entries()) {
            assert.equal(await marked((x) => x.fill(value, 299 - 100 * i, 300 - 100 * i), buffer), 1, buffer);
          }
        }
        for (const buffer of ["weights", "state"]) {
          assert.equal(await marked((x) => (x.set(FINITE, 9), x), buffer), 0, buffer);
        }
      } finally {
        for (const owner of [step, set]) owner.destroy();
      }
    }
    device.destroy();
  });
}

Deno.test("An optimizer that marks moves weights and moments as one that does not", async () => {
  const device = await Device.open();
  for (
    const make of [
      (set: ParameterSet) => new Adam(set),
      (set: ParameterSet) => new Sgd(set, { momentum: 0.9 }),
    ]
  ) {
    const moved: number[][] = [];
    for (const marks of [false, true]) {
      const set = new ParameterSet(device);
      const w = set.add("w", [COUNT], Float32Array.from({ length: COUNT }, (_, i) => Math.sin(i)));
      const optimizer = make(set);
      const step = await Program.record(device, { settings: optimizer.input }, ({ settings }) => {
        optimizer.minimize(sum(mul(w, w)), settings, undefined, marks ? markNonFinite(set) : undefined);
        return {};
      });
      for (const i of [1, 2, 3]) await step.run({ settings: optimizer.settings(i, 0.1) });
      const buffers = await set.read(...optimizer.state);
      moved.push([...buffers.values()].flatMap((values) => [...values.get(w)!]));
      for (const owner of [step, set]) owner.destroy();
    }
    const worst = Math.max(...moved[0].map((value, i) => Math.abs(value - moved[1][i])));
    assert.ok(worst < 1e-6, `${worst}`);
    assert.ok(moved[0].some((value, i) => i < COUNT && Math.abs(value - Math.sin(i)) > 0.1));
  }
  device.destroy();
});
