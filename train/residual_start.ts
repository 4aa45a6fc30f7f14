/**
 * How residual blocks begin: silent. The gamma of the batch norm that ends such a block starts at 0, so that at first
 * the block hands on its input as it is, and takes part as far as it helps. With these ten blocks out of the way
 * the gradient reaches the others undisturbed, and learning rates can be higher: see the README's list of what was tried.
 *
 * Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.1, for residual networks in general.
 */
import type { ParameterSet } from "../engine/mod.ts";

/** Blocks of MobileNetV2, from 1, that add to their input: all of a stage but its first. */
export const RESIDUAL_BLOCKS = [3, 5, 6, 8, 9, 10, 12, 13, 15, 16] as const;

/**
 * Makes every residual block of a network that has not been trained hand on its input. To be called when an optimiser
 * has added its own state: a set takes no more parameters once it is written to.
 */
export function silenceResidualBlocks(parameters: ParameterSet): void {
  for (const block of RESIDUAL_BLOCKS) {
    const gamma = parameters.get(`block${block}.project.gamma`)!;
    parameters.write(gamma, new Float32Array(gamma.shape[0]));
  }
}
