import { UserError } from "../engine/errors.ts";

/** What helps against a {@link RanksError}, as data. */
export type RanksRemedy =
  // Permit the process to load libraries, or to read these variables of the environment.
  | { readonly kind: "permit-ffi" }
  | { readonly kind: "permit-environment"; readonly variables: readonly string[] }
  // Let every process work alone, whatever started it.
  | { readonly kind: "not-distributed" };

/** A fault of the job that a process belongs to: how it was started, its MPI library, or what its ranks hold. */
export class RanksError extends UserError<RanksRemedy> {
  /** Tells it from other errors. */
  override readonly name = "RanksError";
}
