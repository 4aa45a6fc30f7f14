/** The gradient table as tests: every case on the engine, held against the f64 reference. */
import assert from "node:assert/strict";
import { Device, type DeviceOptions, type Precision } from "../../engine/mod.ts";
import { allCases } from "./cases/all_cases.ts";
import type { GradientCase } from "./cases/gradient_case.ts";
import { engineRunner } from "./engine_runner.ts";
import { figuresTable } from "./figures_table.ts";
import { type CaseFigures, checkCase } from "./harness.ts";

/**
 * Registers a test for each op, on a device opened with `options`, and prints the table of errors after them.
 *
 * @param all the cases; by default all of them
 */
export function testGradients(
  where: string,
  options: DeviceOptions,
  precision: Precision = "f32",
  all: readonly GradientCase[] = allCases,
): void {
  let device: Device | undefined;
  const table: CaseFigures[] = [];

  Deno.test.beforeAll(async () => {
    device = await Device.open(options);
  });

  for (const [op, cases] of Map.groupBy(all, (row) => row.op)) {
    Deno.test(`${op} and its gradient equal the f64 reference, ${where}`, async () => {
      const run = engineRunner(device!, precision);
      const figures: CaseFigures[] = [];
      for (const row of cases) figures.push(await checkCase(row, run, precision));
      table.push(...figures);
      const failures = figures.flatMap(({ name, failures }) =>
        failures.map((failure) => `${name}: ${failure}`)
      );
      assert.ok(failures.length === 0, failures.join("\n"));
    });
  }

  Deno.test.afterAll(() => {
    console.log(`\nRelative errors ${where}\n${figuresTable(table)}`);
    device?.destroy();
  });
}
