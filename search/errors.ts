import { type ChangeSettings, type SetSettings, UserError } from "../engine/errors.ts";

/** What helps against a {@link SearchError}, as data. */
export type SearchRemedy =
  | ChangeSettings<"database" | "embeddingSize" | "idPrefix" | "index">
  | SetSettings<"replace" | "testFlip">
  // Add images to the gallery, in the folder of its index where it is in one; that makes a gallery where there is none.
  | { readonly kind: "add-images"; readonly index?: string };

/** A problem with a gallery that its user must fix; the message says what happened and what helps. */
export class SearchError extends UserError<SearchRemedy> {
  /** Tells it from other errors. */
  override readonly name = "SearchError";
}
