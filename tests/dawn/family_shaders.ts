/** The shaders of the torture's families of kernels, which reach every kernel. */
import type { Device, Precision } from "../../engine/mod.ts";
import { Memory } from "../../engine/plan/memory.ts";
import { type ConstantsKind, shaderText } from "../../kernels/mod.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { FAMILIES } from "../torture/kernels/families.ts";
import { type RandomProgram, recordRandom } from "../torture/kernels/random_program.ts";

/** Programs of each family, enough for all its turns. */
const TURNS = 4;

/** Records a few programs of each family, of which nothing is compiled, and calls `use` with each. */
function forEachProgram(
  device: Device,
  precision: Precision,
  use: (program: RandomProgram, family: string) => void,
): void {
  for (const [name, family] of Object.entries(FAMILIES)) {
    for (let turn = 0; turn < TURNS; turn++) {
      const program = recordRandom(device, family, seededRandom(1 + turn), turn, false, 1, precision);
      use(program, name);
      program.destroy();
    }
  }
}

/** Compiles the kernels of which there is no source yet, and returns the refusals. */
export async function compileOthers(device: Device, sources: ReadonlySet<string>): Promise<string[]> {
  const refusals: Promise<string[]>[] = [];
  forEachProgram(device, "f32", ({ steps }, family) => {
    const memory = new Memory(device, steps);
    for (const { dispatch, values } of steps) {
      if (sources.has(dispatch.source)) continue;
      const storages = dispatch.bindings.map(({ access }, i) => memory.storage(values[i]!, access));
      const compile = () => void device.pipelines.pipeline(dispatch, storages);
      refusals.push(
        device.guard(`${family}: ${dispatch.kernel}`, compile).then(() => [], (error) => [error.message]),
      );
    }
  });
  return (await Promise.all(refusals)).flat();
}

/** The texts of the kernels of all families by their names, on a device and in a precision. */
export function textsOf(device: Device, precision: Precision, constants: ConstantsKind): Map<string, string> {
  const texts = new Map<string, string>();
  forEachProgram(device, precision, ({ steps }) => {
    const memory = new Memory(device, steps);
    for (const { dispatch, values } of steps) {
      const storages = dispatch.bindings.map(({ access }, i) => memory.storage(values[i]!, access));
      texts.set(shaderText(dispatch, storages, constants), dispatch.kernel);
    }
  });
  return texts;
}
