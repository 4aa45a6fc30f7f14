/** Checks of a dispatch's geometry that need no GPU. */
import { foldWorkgroups, MAX_WORKGROUPS } from "../../../kernels/mod.ts";
import type { SeededRandom } from "../../reference/seeded_random.ts";
import type { Recorded } from "../../../engine/recorder.ts";
import type { Value } from "../../../engine/value.ts";
import { elementsOf } from "./checked_runs.ts";

/** No binding of any adapter holds this many bytes; indices into smaller ones fit 32 bits. */
const TOO_MANY_BYTES = 2 ** 32;

/**
 * The steps that some adapter can run: their tensors fit its bindings. Steps that read a result of a larger tensor are
 * left out, too, such as batch norm's coefficients, because their constants count that tensor's rows.
 */
export function runnable(steps: readonly Recorded[]): Recorded[] {
  const madeOfLarger = new Set<Value>();
  const large = ({ values }: Recorded) => values.some(({ bytes }) => bytes >= TOO_MANY_BYTES);
  for (const step of steps.filter(large)) {
    step.values.forEach((value, i) => {
      if (step.dispatch.bindings[i]!.access !== "read") madeOfLarger.add(value);
    });
  }
  return steps.filter((step) => !large(step) && !step.values.some((value) => madeOfLarger.has(value)));
}

/** Says why a dispatch could not run on every adapter, or would count past 32 bits; or returns undefined. */
export function geometryFault({ dispatch, values }: Recorded): string | undefined {
  const { workgroups, constants } = dispatch;
  if (workgroups.some((count) => !Number.isInteger(count) || count < 1 || count > MAX_WORKGROUPS)) {
    return `${workgroups} workgroups`;
  }
  const broken = Object.entries(constants).find(([, value]) =>
    !Number.isFinite(value) || Math.abs(value) >= 2 ** 32
  );
  if (broken) return `the constant ${broken.join(" = ")}`;
  const large = values.find((value) => value.type === "f32" && 4 * elementsOf(value) >= 2 ** 32);
  return large && `indices of [${large.shape}] beyond 32 bits`;
}

/**
 * Says what is wrong with the fold of `groups` workgroups into two dimensions, or returns undefined. The number
 * x + y · (count in x) must take each value below `groups` exactly once, and less than one row of further values.
 */
export function foldFault(groups: number): string | undefined {
  const [x, y, z] = foldWorkgroups(groups);
  // Numbers follow the rectangle row by row: each value from 0 to x · y - 1 once.
  const covered = z === 1 && x >= 1 && y >= 1 && x <= MAX_WORKGROUPS && y <= MAX_WORKGROUPS &&
    x * y >= groups;
  return covered && x * y - groups < y
    ? undefined
    : `${groups} workgroups are folded into ${x} × ${y} × ${z}`;
}

/** A number of workgroups up to the most that two dimensions hold, often near a limit. */
export function randomGroups(random: SeededRandom): number {
  const most = MAX_WORKGROUPS ** 2;
  const near = MAX_WORKGROUPS * (1 + random.integer(random.integer(2) === 0 ? 5 : MAX_WORKGROUPS));
  const groups = random.integer(2) === 0
    ? near + random.integer(5) - 2
    : 1 + Math.floor(random.uniform() ** 3 * most);
  return Math.min(most, Math.max(1, groups));
}
