/** What the geometry of kernels knows of the adapter that they run on. */

/** Software adapters are programs on the CPU: a few wide lanes, and reading is what costs. */
export type AdapterClass = "software" | "gpu";

/** Variants by the keys of the dispatches that run as them: what a tuner found to be fastest. */
export type Choices = ReadonlyMap<string, string>;

/** An adapter, as far as kernels must know it. */
export interface Target {
  /** Decides the variants that run where nothing else is chosen. */
  readonly adapterClass: AdapterClass;
  /**
   * How many threads keep the adapter busy: split reductions aim for this many. A software adapter needs a few
   * workgroups per core; a GPU tens of thousands of threads.
   */
  readonly parallelism: number;
  /** What runs as something else than the class's default. */
  readonly choices: Choices;
}

/**
 * An adapter of the given class, with what was chosen for it.
 *
 * @param cores what a software adapter has to run on; more threads than these need only make more to sum.
 */
export function targetOf(
  adapterClass: AdapterClass,
  choices: Choices = new Map(),
  cores: number = 2,
): Target {
  return {
    adapterClass,
    parallelism: adapterClass === "software" ? Math.max(256, 128 * cores) : 32768,
    choices,
  };
}
