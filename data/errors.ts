/** A fault in the user's data or data settings; its message is the whole paragraph that the user reads. */
export class DataError extends Error {
  /** Tells it from other errors. */
  override readonly name = "DataError";
}
