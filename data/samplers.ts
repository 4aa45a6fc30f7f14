import type { SamplerFactory } from "./sampler.ts";
import { pkSampler } from "./pk_sampler.ts";
import { shuffledSampler } from "./shuffled_sampler.ts";
import { tripletSampler } from "./triplet_sampler.ts";

/** The samplers by the key that a loss names. */
export const samplers = {
  pk: pkSampler,
  shuffled: shuffledSampler,
  triplets: tripletSampler,
} satisfies Record<string, SamplerFactory>;

/** A key of `samplers`. */
export type SamplerKey = keyof typeof samplers;
