/** The JavaScript in a module whose TypeScript is nothing but types, for people to read. */
import { stripTypeScriptTypes } from "node:module";

/** Stands for a character of a type. */
const GONE = "\0";

/**
 * Removes the types of a module, and lines that hold nothing else. All other characters stay as they are, comments too.
 *
 * @throws {SyntaxError} when the module holds something that is more than a type, such as an enum.
 */
export function withoutTypes(text: string): string {
  const blank = stripTypeScriptTypes(text); // Has a blank for each character of a type.
  const marked = blank.split("").map((character, i) => character === text[i] ? character : GONE).join("");
  return marked
    .replace(new RegExp(`^[ ${GONE}]*${GONE}[ ${GONE}]*\n`, "gm"), "")
    .replace(new RegExp(`,[ ${GONE}]*${GONE}[ ${GONE}]*}`, "g"), " }")
    .replace(new RegExp(` *${GONE}[ ${GONE}]*(?=(.?))`, "g"), (removed, next) => {
      const apart = removed.endsWith(" ") || removed.startsWith(" ") && !/^[;,)\]}]?$/.test(next);
      return apart ? " " : "";
    });
}
