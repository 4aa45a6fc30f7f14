/** What a long reduction is cut into, and its sum. */
import { type Dispatch, sumAllSlices, sumSlices, VEC4_BYTES, vec4s } from "../../kernels/mod.ts";
import { PARAMETER_ALIGNMENT } from "../flat_buffer.ts";
import type { Parameter, ParameterSet } from "../parameter.ts";
import { record, recorder, temporary } from "../recorder.ts";
import { constantUint32, tape, Tensor } from "../tensor.ts";
import { flatRange, type Value } from "../value.ts";

/** Most bytes of slices that wait to be added together: they cannot share memory. */
const MOST_BYTES = 2 ** 25;

/**
 * Records a dispatch that writes `slices` partial results, to `dw`, and their sum if there are several. On a GPU, sums of the
 * backward pass wait for {@link joinSlices}, unless something reads them before.
 */
export function summedSlices(
  slices: number,
  shape: readonly number[],
  dispatch: Dispatch,
  values: Readonly<Record<string, Value>>,
): Tensor {
  const total = temporary(shape);
  const parts = slices === 1 ? total : temporary([slices, ...shape]);
  record(dispatch, { ...values, dw: parts });
  if (slices === 1) return new Tensor(shape, total);
  const { device, pass } = recorder();
  const join = () => record(sumSlices(slices, vec4s(shape), device.target), { partial: parts, y: total });
  if (pass !== "backward" || device.target.adapterClass !== "gpu" || device.storage !== "buffer") {
    join();
  } else {
    tape().sums.push({ parts, total, join });
    recorder().writeLate(total, join);
  }
  return new Tensor(shape, total);
}

/** A sum that goes to a parameter's place among the gradients. */
interface PlacedSum {
  readonly parts: Value;
  readonly parameter: Parameter;
}

/**
 * Adds the slices of all sums that wait, once it is known which of them are gradients of parameters: those with a few
 * dispatches, each after the last of its slices.
 */
export function joinSlices(): void {
  const bySet = new Map<ParameterSet, PlacedSum[]>();
  for (const { parts, total, join } of tape().sums.splice(0)) {
    if (!recorder().takeLate(total)) continue;
    if (total.placement) {
      const { set, parameter } = total.placement;
      bySet.set(set, [...bySet.get(set) ?? [], { parts, parameter }]);
    } else {
      join();
    }
  }
  for (const [set, sums] of bySet) {
    let group: PlacedSum[] = [];
    let bytes = 0, done = 0;
    const all = sums.reduce((sum, { parameter }) => sum + parameter.bytes, 0);
    // Where gradients are wanted early, a sum ends between one share and the whole.
    const ends = recorder().gradientShares.map((share) => (1 + share) / 2 * all);
    for (const sum of sums) {
      const next = done + sum.parameter.bytes;
      if (bytes + sum.parts.bytes > MOST_BYTES || ends.some((end) => done <= end && end < next)) {
        joinGroup(set, group);
        [group, bytes] = [[], 0];
      }
      group.push(sum);
      bytes += sum.parts.bytes;
      done = next;
    }
    joinGroup(set, group);
  }
}

function joinGroup(set: ParameterSet, group: readonly PlacedSum[]): void {
  const last = group.at(-1);
  const writer = last && recorder().writerOf(last.parts);
  if (!writer) return;
  const partial = recorder().gather(group.map(({ parts }) => parts), PARAMETER_ALIGNMENT);
  const y = flatRange(set, "gradients", group.map(({ parameter }) => parameter));
  const results = group.map(({ parts, parameter }) => ({
    from: (parts.within?.offset ?? 0) / VEC4_BYTES,
    slices: parts.vec4s / vec4s(parameter.shape),
    length: vec4s(parameter.shape),
    to: (parameter.offset - y.offset) / VEC4_BYTES,
  }));
  const { dispatch, jobs } = sumAllSlices(results);
  recorder().recordAfter(writer, dispatch, {
    partial,
    jobs: constantUint32(jobs).value,
    y: y.value,
  });
}
