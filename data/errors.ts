import { type ChangeSettings, type OtherOutput, type SetSettings, UserError } from "../engine/errors.ts";

export { firstFew } from "../model/first_few.ts";

/** Resume the run, in its folder where that is known. */
export type ResumeRun = { readonly kind: "resume"; readonly run?: string };

/** What helps against a {@link DataError}, as data. */
export type DataRemedy =
  | OtherOutput
  | ChangeSettings<"cameraFrom" | "identityFrom">
  | SetSettings<
    "cameraPairs" | "multiQuery" | "openSet" | "shardSize" | "spatialTemporal" | "testFlip" | "tracklets"
  >
  // The folder of a dataset, or none for synthetic people.
  | { readonly kind: "dataset-folder" }
  // Say which layout a dataset has; names of layouts that could be meant.
  | { readonly kind: "layout"; readonly names: readonly string[] }
  // Do the same work again, which goes on from what is finished.
  | { readonly kind: "same-again" }
  // The path that vectors were written to.
  | { readonly kind: "written-vectors" }
  | ResumeRun;

/** A fault in the user's data or data settings; its message is the whole paragraph that the user reads. */
export class DataError extends UserError<DataRemedy> {
  /** Tells it from other errors. */
  override readonly name = "DataError";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
