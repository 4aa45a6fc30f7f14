/** What the script in Node tells the test, one line of JSON each. */

/** Stands before each line, as drivers write to the same stream. */
export const MARK = "result: ";

/** What was checked, or what was compiled. */
export type Result =
  | { readonly kind: "check"; readonly name: string; readonly failures: readonly string[] }
  /** The sources of all kernels that Dawn made pipelines of, as the engine has them; the last line. */
  | { readonly kind: "compiled"; readonly sources: readonly string[] };
