/**
 * Runs every kernel at random shapes: no index is out of bounds, every output is written once, and no memory behind a
 * tensor is read or written.
 *
 * For the drawn shapes it shows that no access through accessors is out of bounds and no output is left out or written
 * twice (checked_shader.ts); that with the engine's own texts and constants, memory behind a tensor stays unchanged and
 * affects no result (guarded_runs.ts); and that no dispatch, up to bindings of 4 GiB, has more workgroups in a dimension
 * than every adapter runs. It does not check other shapes, nor indices into private or workgroup arrays.
 */
import { missingKernels } from "../../shader_texts.ts";
import { Device } from "../../../engine/mod.ts";
import type { Recorded } from "../../../engine/recorder.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Torture, TortureContext } from "../torture.ts";
import { CheckedKernels, type KernelFault, runChecked } from "./checked_runs.ts";
import { FAMILIES, LARGE_FAMILIES, WITH_PARAMETERS } from "./families.ts";
import { foldFault, geometryFault, randomGroups, runnable } from "./geometry.ts";
import { runGuarded } from "./guarded_runs.ts";
import { type Family, type RandomProgram, recordRandom } from "./random_program.ts";

/** Programs in one submit. */
const BATCH = 25;

/** Numbers of programs of each family. */
interface Counts {
  readonly checked: number;
  readonly guarded: number;
  /** Families that are drawn large. */
  readonly large: readonly string[];
  /** Random numbers of workgroups that are folded. */
  readonly folds: number;
  /** Programs that only fit a large GPU; only their geometry is checked. */
  readonly recorded: number;
}

/** Sizes of those programs, as multiples of the sizes that run here. */
const SCALES = [4, 16, 64, 256];

const SHORT: Counts = { checked: 4, guarded: 1, large: ["unit length"], folds: 10_000, recorded: 20 };
const FULL: Counts = { checked: 5000, guarded: 200, large: LARGE_FAMILIES, folds: 1_000_000, recorded: 5000 };

/** The shapes that each kernel ran with (its constants), and the texts that ran. */
class Reached {
  readonly #shapes = new Map<string, Set<string>>();
  readonly #sources = new Set<string>();
  dispatches = 0;

  add({ steps }: RandomProgram): void {
    for (const { dispatch: { kernel, source, constants, workgroups } } of steps) {
      this.dispatches++;
      this.#sources.add(source);
      const shapes = this.#shapes.get(kernel) ?? new Set();
      this.#shapes.set(kernel, shapes.add(JSON.stringify([constants, workgroups])));
    }
  }

  /** Files in kernels/ that did not run. */
  missing(): string[] {
    return missingKernels(this.#sources);
  }

  toString(): string {
    return `${this.#shapes.size} kernels in ${this.dispatches.toLocaleString("en")} dispatches`;
  }
}

/** The torture. */
export const torture: Torture = {
  promise: "No kernel reads or writes outside its tensors, and each writes every output once",
  limitSeconds: { short: 600, full: 12 * 3600 },
  async run(context: TortureContext) {
    const { short, seed, say } = context;
    const counts = short ? SHORT : FULL;
    const random = seededRandom(seed);
    const reached = new Reached();
    let [done, wrong, folds, geometries] = [0, 0, 0, 0];
    const folded = new Set<string>();
    const report = (family: string, faults: readonly KernelFault[]) => {
      for (const { dispatch, text } of faults) {
        if (++wrong > 20) continue;
        const { kernel, constants, workgroups } = dispatch;
        say(`${family}: ${kernel} ${JSON.stringify(constants)}, ${workgroups} workgroups: ${text}`);
      }
    };
    for (; folds < counts.folds; folds++) {
      const fault = foldFault(randomGroups(random));
      if (fault !== undefined && ++wrong < 20) say(fault);
    }
    const families = Object.entries(FAMILIES);
    const total = families.length * (counts.checked + counts.guarded) + counts.large.length;
    const past = (programs: readonly RandomProgram[]) => {
      for (const program of programs) {
        reached.add(program);
        program.destroy();
      }
      context.progress(done += programs.length, total);
    };
    for (const [i, [name, family]] of families.entries()) {
      // Half of a family's programs run the kernels for software adapters, half those for GPUs; the short form alternates.
      for (const kernels of ["software", "gpu"] as const) {
        const share = (count: number) =>
          short ? ((i % 2 === 0) === (kernels === "gpu") ? count : 0) : count / 2;
        if (share(counts.checked) === 0) continue;
        const device = await Device.open({ storage: "buffer", kernels });
        const compiled = new CheckedKernels(device);
        let number = 0;
        for (let i = 0; i < share(WITH_PARAMETERS.includes(name) ? 0 : counts.recorded); i++) {
          const held = recordHuge(device, family, random, i);
          for (const step of held) {
            const text = geometryFault(step);
            if (text !== undefined) report(name, [{ dispatch: step.dispatch, text }]);
            geometries++;
            if (step.dispatch.workgroups[1] > 1) folded.add(step.dispatch.kernel);
          }
        }
        const draw = (large: boolean) => recordRandom(device, family, random, number++, large);
        const check = async (programs: readonly RandomProgram[]) => {
          const wrongly = programs.flatMap(({ steps }) => steps).flatMap((step) => {
            const text = geometryFault(step);
            return text === undefined ? [] : [{ dispatch: step.dispatch, text }];
          });
          report(name, [...wrongly, ...await runChecked(compiled, programs)]);
          past(programs);
        };
        for (let left = share(counts.checked); left > 0; left -= BATCH) {
          await check(Array.from({ length: Math.min(BATCH, left) }, () => draw(false)));
        }
        if (counts.large.includes(name)) await check([draw(true)]);
        for (let left = share(counts.guarded); left > 0; left--) {
          const program = draw(false);
          report(name, await runGuarded(device, program));
          past([program]);
        }
        device.destroy(); // Frees its pipelines, too.
      }
    }
    const missing = reached.missing();
    for (const file of missing) {
      say(`kernels/${file} runs in no family of tests/torture/kernels/families.ts`);
    }
    const figures =
      `${reached}; geometry of ${
        geometries.toLocaleString("en")
      } more, ${folded.size} kernels in more than one ` +
      `dimension; ${folds.toLocaleString("en")} folds`;
    return { trials: done, losses: 0, hangs: 0, wrong: wrong + missing.length, figures };
  },
};

/** Records a program that only fits a large GPU; returns the steps that fit, or none if recording is refused. */
function recordHuge(
  device: Device,
  family: Family,
  random: SeededRandom,
  number: number,
): readonly Recorded[] {
  try {
    const scale = SCALES[number % SCALES.length]!;
    const { steps } = recordRandom(device, family, random, number, false, scale);
    return runnable(steps);
  } catch (error) {
    if (/^Cannot dispatch \d+ workgroups/.test((error as Error).message)) return [];
    throw error;
  }
}
