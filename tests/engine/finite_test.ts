import assert from "node:assert/strict";
import { Adam, asTensor, checkFinite, Device, ParameterSet, Program, Sgd, sum } from "../../engine/mod.ts";

const COUNT = 300;
/** The largest and the smallest numbers that are finite. */
const FINITE = [3.4028234e38, -3.4028234e38, 1e-45, -0];

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`One weight, moment or state that is not finite is flagged by the step, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    for (
      const make of [
        (set: ParameterSet) => new Adam(set, { rate: 0 }),
        (set: ParameterSet) => new Sgd(set, { rate: 0 }),
      ]
    ) {
      const set = new ParameterSet(device);
      const w = set.add("w", [COUNT], new Float32Array(COUNT));
      const variance = set.add("variance", [COUNT], new Float32Array(COUNT), { trainable: false });
      const optimizer = make(set);
      const step = await Program.record(device, {}, () => {
        const { nonFinite } = optimizer.minimize(sum(asTensor(w)));
        checkFinite(set, "state", nonFinite);
        return { nonFinite };
      });
      const flagged = async (fill: (values: Float32Array) => Float32Array, buffer: string) => {
        const zeros = new Float32Array(COUNT);
        for (const each of ["weights", ...optimizer.state]) set.writeTrainable(each, w, zeros);
        set.write(w, buffer === "weights" ? fill(zeros.slice()) : zeros);
        set.write(variance, buffer === "state" ? fill(zeros.slice()) : zeros);
        if (optimizer.state.includes(buffer)) set.writeTrainable(buffer, w, fill(zeros.slice()));
        return (await step.run({})).nonFinite[0];
      };
      try {
        for (const buffer of ["weights", "state", ...optimizer.state]) {
          for (const [i, value] of [NaN, Infinity, -Infinity].entries()) {
            assert.equal(
              await flagged((x) => x.fill(value, 299 - 100 * i, 300 - 100 * i), buffer),
              1,
              buffer,
            );
          }
        }
        for (const buffer of ["weights", "state"]) {
          assert.equal(await flagged((x) => (x.set(FINITE, 9), x), buffer), 0, buffer);
        }
      } finally {
        for (const owner of [step, set]) owner.destroy();
      }
    }
    device.destroy();
  });
}
