import assert from "node:assert/strict";
import { backward, f32, ParameterSet, Program, ShapeError, u32 } from "../../engine/mod.ts";
import { CenterLoss } from "../../losses/mod.ts";
import { movedCenters } from "../reference/center_loss.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { assertClose, onBothStorages } from "./run_loss.ts";

onBothStorages((test) => {
  test("CenterLoss takes the centers as they are, then moves those of the batch by the paper's rule", async (device) => {
    const [rows, width, identities] = [7, 6, 5];
    const set = new ParameterSet(device);
    const center = new CenterLoss(set, identities, width);
    const inputs = { x: f32([rows, width], { differentiable: true }), y: u32([rows]) };
    const program = await Program.record(device, inputs, ({ x, y }) => {
      const loss = center.apply(x, y);
      return { loss, gradient: backward(loss).of(x)! };
    });
    const random = seededRandom(2);
    let expected: Float64Array = new Float64Array(identities * width);
    for (const labels of [[0, 0, 1, 0, 3, 3, 1], [4, 4, 4, 4, 4, 4, 4], [3, 1, 0, 4, 3, 0, 0]]) {
      const x = Float32Array.from({ length: rows * width }, () => 1 + random.normal());
      const differences = Float64Array.from(
        x,
        (v, i) => v - expected[labels[Math.floor(i / width)] * width + i % width],
      );
      const { loss, gradient } = await program.run({ x, y: labels });
      assertClose(loss, [differences.reduce((sum, v) => sum + v * v / 2, 0)], 1e-6);
      assertClose(gradient, differences, 1e-6);
      expected = movedCenters(expected, x, labels, 0.5);
      const centers = (await set.read()).get("weights")!.get(center.centers)!;
      assertClose(centers, expected, 1e-6);
      assert.deepEqual([...centers.slice(2 * width, 3 * width)], [0, 0, 0, 0, 0, 0]); // Nobody has label 2.
    }
    program.destroy();
    set.destroy();
  });

  test("CenterLoss refuses features of another width than its centers", async (device) => {
    const set = new ParameterSet(device);
    const center = new CenterLoss(set, 3, 4);
    const inputs = { x: f32([2, 5]), y: u32([2]) };
    await assert.rejects(
      Program.record(device, inputs, ({ x, y }) => ({ loss: center.apply(x, y) })),
      ShapeError,
    );
    set.destroy();
  });
});
