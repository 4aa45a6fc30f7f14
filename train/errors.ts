/** Something about a run that its user must mend; the message says what and how. */
export class RunError extends Error {
  override name = "RunError";
}

/** The loss or the weights stopped being finite numbers. */
export class NumericsError extends RunError {
  override name = "NumericsError";
}
