/** Processes that share the work of a step: what they exchange, and in which order they add. */
export * from "./errors.ts";
export * from "./gather_values.ts";
export * from "./open_ranks.ts";
export * from "./ranks.ts";
export * from "./same_on_all_ranks.ts";
export * from "./tree_sum.ts";
