import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { allCases } from "./cases/all_cases.ts";
import { distinctCases } from "./distinct_cases.ts";
import { engineRunner } from "./engine_runner.ts";
import { testGradients } from "./gradient_table.ts";
import { checkCase } from "./harness.ts";

testGradients("with tensors in textures", { storage: "texture", constants: "uniform" });

// Networks on a software adapter run like this: each shape has a separate pipeline, compiled from the same text.
Deno.test("Every kernel equals the f64 reference where shapes are compiled into it", async () => {
  using device = await Device.open({ storage: "texture", constants: "override" });
  const run = engineRunner(device, "f32");
  for (const row of distinctCases(device, allCases, new Set())) {
    const { name, failures } = await checkCase(row, run, "f32");
    assert.deepEqual(failures, [], name);
  }
});
