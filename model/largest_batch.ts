/** Batches as large as the adapter holds, where the size only affects speed. */
import { LimitError } from "../engine/mod.ts";

/**
 * Records a program for `images` images at a time or, where that exceeds the adapter's limits, for half as many, and so
 * on.
 *
 * @throws {LimitError} When one image does not fit.
 */
export async function recordLargestBatch<P>(
  images: number,
  record: (images: number) => Promise<P>,
): Promise<{ images: number; program: P }> {
  for (let fewer = images;; fewer >>= 1) {
    try {
      return { images: fewer, program: await record(fewer) };
    } catch (error) {
      if (!(error instanceof LimitError) || fewer === 1) throw error;
    }
  }
}
