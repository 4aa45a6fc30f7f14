/** Thrown when the site cannot be built or served, with a message for the user. */
export class SiteError extends Error {
  /** "SiteError". */
  override readonly name = "SiteError";
}
