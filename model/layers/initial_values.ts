/** The weights that layers begin with. */
import type { Random } from "../../engine/random.ts";

/**
 * Values uniform within ±sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010).
 *
 * Before a batch norm, the scale of a weight only affects how much a step of given size changes its direction. With
 * these small weights, as in the Keras reference, Adam learns faster than with He's: see docs/training.md.
 */
export function glorotUniform(random: Random, count: number, fanIn: number, fanOut: number): Float32Array {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from({ length: count }, () => random.uniform(-limit, limit));
}

/** Values uniform within ±1 / sqrt(fanIn): what PyTorch's convolutions begin with, weights and biases. */
export function fanInUniform(random: Random, count: number, fanIn: number): Float32Array {
  const limit = 1 / Math.sqrt(fanIn);
  return Float32Array.from({ length: count }, () => random.uniform(-limit, limit));
}
