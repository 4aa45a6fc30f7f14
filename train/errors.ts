import type { ResumeRun } from "../data/errors.ts";
import { type ChangeSettings, type OtherOutput, type SetSettings, UserError } from "../engine/errors.ts";
import type { TableValues } from "./settings/table.ts";

/** What remedies can change: settings, and the files of a run. */
type Setting = keyof TableValues | "data" | "weights";

/** What helps against a {@link RunError}, as data. */
export type RunRemedy =
  | OtherOutput
  | ChangeSettings<Setting>
  | SetSettings<Setting>
  | ResumeRun
  // The folder of a run.
  | { readonly kind: "run-folder" }
  // Resume the run so that it names the first operation whose results are not finite.
  | { readonly kind: "debug-numerics" }
  // Test the adapter, and report what it computes.
  | { readonly kind: "self-test" }
  // Export a model file from a run.
  | { readonly kind: "export-model" }
  // Write a file of weights as safetensors.
  | { readonly kind: "convert-weights"; readonly to: string }
  // Export the weights of a run as safetensors under torchvision's names.
  | { readonly kind: "export-weights" };

/** A problem with a run that its user must fix; the message says what happened and what helps. */
export class RunError extends UserError<RunRemedy> {
  override name = "RunError";
}

/** The loss or the weights stopped being finite numbers. */
export class NumericsError extends RunError {
  override name = "NumericsError";
}
