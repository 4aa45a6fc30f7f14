/**
 * Where tensors live in textures: which results are written straight into theirs. The others are written into a staging
 * buffer and copied, which a software adapter does in three quarters of the time; but a copy ends a pass, and the staging
 * buffer is memory.
 */
import { type Recorded, valuesBound } from "../recorder.ts";
import type { Value } from "../value.ts";

/** Up to this many bytes, ending a pass for a copy costs more than slower writing. */
const SMALL = 2 ** 20;
/** Larger than this share of the largest result: without those, the staging buffer is no larger than the others. */
const LARGE = 0.5;

/**
 * The results among `candidates` that are cheaper to write directly, and whose kernels can bind one more texture.
 *
 * @param steps all that run, in order.
 * @param candidates results that kernels read from textures.
 * @param inTexture whether a value is read from a texture.
 * @param most how many textures a kernel may bind.
 */
export function writtenDirectly(
  steps: readonly Recorded[],
  candidates: ReadonlySet<Value>,
  inTexture: (value: Value) => boolean,
  most: number,
): Set<Value> {
  const largest = [...candidates].reduce((bytes, value) => Math.max(bytes, value.bytes), 0);
  const direct = new Set<Value>();
  for (const step of steps) {
    let textures = valuesBound(step, "read").filter(inTexture).length;
    for (const value of valuesBound(step, "write")) {
      if (!candidates.has(value)) continue;
      if (value.bytes > SMALL && value.bytes <= LARGE * largest) continue;
      if (textures < most) {
        direct.add(value);
        textures++;
      }
    }
  }
  return direct;
}
