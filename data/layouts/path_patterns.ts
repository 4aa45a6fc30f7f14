/** People and cameras by regular expressions of the user's, on paths below the dataset's folder. */
import { relative } from "node:path";
import { DataError, firstFew, messageOf } from "../errors.ts";

/** The patterns, as the user writes them: JavaScript's regular expressions. */
export interface PathPatterns {
  /** Its group `identity`, or its first one, is the person. */
  readonly identityFrom?: string;
  /** Its group `camera`, or its first one, is the camera. */
  readonly cameraFrom?: string;
}

/** What a pattern says of a path below a folder; undefined where it does not match. */
export type ReadPath = (path: string) => string | undefined;

const GROUPS = { identityFrom: "identity", cameraFrom: "camera" } as const;

/**
 * Compiles a pattern.
 *
 * @throws {DataError} When it is no regular expression, or has no group.
 */
export function pathPattern(kind: keyof PathPatterns, text: string): ReadPath {
  const group = GROUPS[kind];
  let pattern: RegExp;
  try {
    pattern = new RegExp(text);
  } catch (error) {
    throw new DataError(
      `${text} is not a regular expression: ${
        messageOf(error)
      }. Put it into single quotes, and a backslash before ` +
        "characters that have a meaning, such as . ( [ +",
      { remedies: [{ kind: "change", settings: [kind] }] },
    );
  }
  const groups = (new RegExp(`${text}|`).exec("")?.length ?? 1) - 1;
  if (groups === 0) {
    throw new DataError(
      `The pattern ${text} has no group: put the part that is the ${group} into parentheses, as in ^([^/]+)/, or call it, ` +
        `as in (?<${group}>[^/]+).`,
      { remedies: [{ kind: "change", settings: [kind] }] },
    );
  }
  return (path) => {
    const match = pattern.exec(path);
    const found = match?.groups?.[group] ?? match?.[1];
    return found === undefined || found === "" ? undefined : found.normalize("NFC");
  };
}

/** A path below a folder as patterns see it: with forward slashes, in Unicode's form NFC. */
export function pathBelow(root: string, path: string): string {
  return relative(root, path).replaceAll("\\", "/").normalize("NFC");
}

/**
 * A sentence on paths that a pattern does not match; undefined where it matches all.
 *
 * @throws {DataError} When it matches none.
 */
export function unmatchedNote(
  kind: keyof PathPatterns,
  text: string,
  unmatched: readonly string[],
  all: number,
): string | undefined {
  if (unmatched.length === 0) return undefined;
  const what = GROUPS[kind], names = firstFew(unmatched);
  if (unmatched.length < all) {
    return `${unmatched.length} of ${all} paths do not match the pattern of the ${what}, ${text}, and are left out: ${names}.`;
  }
  throw new DataError(
    `None of the ${all} paths matches the pattern of the ${what}, ${text}: ${names}. It is searched for in the path below ` +
      "the folder of the data, with forward slashes.",
    { remedies: [{ kind: "change", settings: [kind] }] },
  );
}
