/** SHA-256 of files of weights: those that are asked for, and those that file names begin with. */
import { RunError } from "../../train/errors.ts";
import { UsageError } from "../flags.ts";

/** A SHA-256 in hexadecimal, or its beginning, from the command line. @throws {UsageError} for another text. */
export function parseDigest(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9a-f]{8,64}$/i.test(text)) return text.toLowerCase();
  throw new UsageError(`--sha256 must be 8 to 64 hexadecimal digits; got '${text}'`);
}

/** @throws {RunError} when a file does not have the digest that it must have. */
export function requireDigest(name: string, found: string, wanted: string | undefined): void {
  if (wanted === undefined || found.startsWith(wanted)) return;
  throw new RunError(
    `${name} has the SHA-256 ${found}, and not ${wanted}: it is damaged, or another file. Get it again, or from elsewhere.`,
  );
}

/** The beginning of a SHA-256 in a name, as PyTorch's libraries give it: `mobilenet_v2-b0353104.pth`. A date is none. */
export function digestInName(name: string): string | undefined {
  const digits = /-([0-9a-f]{8,64})\.(?:pth|pt|safetensors)$/.exec(name)?.[1];
  return digits !== undefined && /[a-f]/.test(digits) ? digits : undefined;
}
