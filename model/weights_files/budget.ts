/** A limit of memory and time for a file: what its entries and tensors take, against the bytes that it has. */
import { WeightsFileError } from "./weights_file_error.ts";

/** What is left. */
export interface Budget {
  /** Bytes; entries of archives and tensors count, whether they are copies or views. */
  left: number;
}

/** Bytes that any file may take, and what each byte of the file adds to them: weights hardly compress. */
const ALWAYS = 64 << 20, PER_BYTE = 8;

/** The budget of a file. */
export function budgetOf(fileBytes: number): Budget {
  return { left: ALWAYS + PER_BYTE * fileBytes };
}

/** Takes bytes off. @throws {WeightsFileError} `too-large` when there are not so many left. */
export function spend(budget: Budget, bytes: number, what: string): void {
  budget.left -= bytes;
  if (budget.left >= 0) return;
  throw new WeightsFileError(
    "too-large",
    `${what} would take ${bytes} bytes, and all of them far more than the file's size explains: it is damaged, or made ` +
      "to fill the memory. Give a file of plain weights.",
  );
}
