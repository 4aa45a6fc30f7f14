import { Device } from "../../engine/mod.ts";
import { casesOfHalves, distinctCases } from "./distinct_cases.ts";
import { testGradients } from "./gradient_table.ts";

const options = { storage: "texture", constants: "uniform" } as const;

/** half_buffers_test.ts runs all rows; where a tensor lies is up to its kernel's accessors, so here each kernel runs once. */
async function rows() {
  using device = await Device.open(options);
  return distinctCases(device, await casesOfHalves(), new Set());
}

testGradients("with activations as f16 in textures", options, "f16", await rows());
