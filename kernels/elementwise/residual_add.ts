import {
  type Dispatch,
  flatWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  writes,
} from "../wgsl/dispatch.ts";
import { lastAxis, rowCount, tensorBytes, vec4Count } from "../wgsl/storage.ts";
import source from "./residual_add.wgsl" with { type: "text" };

/** Y = mapA(A) + mapB(B), equal shapes. Bindings: `a` (and `a_coefficients`), `b` (and `b_coefficients`), `y`. */
export function residualAdd(shape: readonly number[], a: Prologue, b: Prologue): Dispatch {
  const c4 = vec4Count(lastAxis(shape));
  return {
    kernel: "residual_add",
    source,
    bindings: [
      ...prologueBindings("a", a, lastAxis(shape)),
      ...prologueBindings("b", b, lastAxis(shape)),
      writes("y"),
    ],
    constants: {
      ROWS: rowCount(shape),
      C4: c4,
      ...prologueConstants("a", a, lastAxis(shape)),
      ...prologueConstants("b", b, lastAxis(shape)),
    },
    workgroups: flatWorkgroups(rowCount(shape) * c4),
    cost: { flops: rowCount(shape) * lastAxis(shape), bytes: 3 * tensorBytes(shape) },
  };
}
