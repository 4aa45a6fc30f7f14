/** A fault in the user's data or data settings; its message is the whole paragraph that the user reads. */
export class DataError extends Error {
  override readonly name = "DataError";
}
