/** Pooling of the f64 reference. */
import { mean } from "./reductions.ts";
import { expectShape } from "./shapes.ts";
import type { RefTensor } from "./tape.ts";

/** Mean over height and width: [N,H,W,C] -> [N,C]. */
export function globalAveragePool(x: RefTensor): RefTensor {
  expectShape("The input of a global average pool", x, [-1, -1, -1, -1]);
  return mean(x, [1, 2]);
}
