/** What a long reduction is cut into, and its sum. */
import { sumSlices, vec4s } from "../../kernels/mod.ts";
import { record, recorder, temporary } from "../recorder.ts";
import type { Value } from "../value.ts";

/** Records `partial` into memory for all slices, and their sum if there are several. */
export function summedSlices(
  slices: number,
  shape: readonly number[],
  partial: (target: Value) => void,
): Value {
  const total = temporary(shape);
  if (slices === 1) {
    partial(total);
    return total;
  }
  const parts = temporary([slices, ...shape]);
  partial(parts);
  record(sumSlices(slices, vec4s(shape), recorder().device.target), { partial: parts, y: total });
  return total;
}
