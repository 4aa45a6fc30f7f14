import type { OtherFile } from "./other_files.ts";

/** The rule of the format that a file, or tensors to be written, break. */
export type SafetensorsErrorKind =
  | "truncated"
  | "header-too-large"
  | "invalid-header"
  | "duplicate-name"
  | "invalid-metadata"
  | "invalid-tensor"
  | "unknown-dtype"
  | "size-overflow"
  | "size-mismatch"
  | "invalid-offsets"
  | "trailing-bytes"
  | "not-floating-point";

/** Thrown for a file that breaks the format, and for tensors that cannot be written. */
export class SafetensorsError extends Error {
  /** "SafetensorsError". */
  override readonly name = "SafetensorsError";
  /**
   * Names the rule that the file breaks.
   *
   * @param kind The broken rule.
   * @param other What the file is, if it is known and something else.
   */
  constructor(readonly kind: SafetensorsErrorKind, message: string, readonly other?: OtherFile) {
    super(message);
  }
}
