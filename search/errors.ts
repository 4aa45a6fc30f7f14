/** Something about a gallery index that its user must mend; the message says what and how. */
export class SearchError extends Error {
  /** Tells it from other errors. */
  override readonly name = "SearchError";
}
