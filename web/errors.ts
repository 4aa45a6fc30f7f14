import { type ChangeSettings, type OtherOutput, UserError } from "../engine/errors.ts";

/** What helps against a {@link SiteError}, as data. */
export type SiteRemedy = OtherOutput | ChangeSettings<"port">;

/** Thrown when the site cannot be built or served, with a message for the user. */
export class SiteError extends UserError<SiteRemedy> {
  /** "SiteError". */
  override readonly name = "SiteError";
}
