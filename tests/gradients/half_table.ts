/** The rows of the gradient table that store activations as f16. */
import { Device } from "../../engine/mod.ts";
import { casesOfHalves, distinctCases } from "./distinct_cases.ts";
import { testGradients } from "./gradient_table.ts";

/**
 * Registers the tests. How numbers are stored is up to a kernel's accessors and the same for all sizes, which the tables of f32
 * have: here each kernel runs once with all that its accessors apply, at usual sizes.
 */
export async function testHalves(storage: "buffer" | "texture"): Promise<void> {
  const options = { storage, constants: "uniform" } as const;
  using device = await Device.open(options);
  const rows = distinctCases(device, await casesOfHalves(), new Set());
  testGradients(`with activations as f16 in ${storage}s`, options, "f16", rows);
}
