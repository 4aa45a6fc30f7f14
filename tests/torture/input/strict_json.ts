/**
 * A strict reader of JSON (RFC 8259) that does not use JSON.parse, to check fuzzed headers. Objects keep all keys in
 * order, repeated ones too; numbers keep their text.
 */

/** A value of a JSON text. */
export type Json =
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Json])[] }
  | { readonly kind: "array"; readonly items: readonly Json[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "number"; readonly source: string }
  | { readonly kind: "word" };

/** A container that is not closed yet. */
type Open =
  | { kind: "object"; entries: [string, Json][]; key: string }
  | { kind: "array"; items: Json[] };

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
// deno-lint-ignore no-control-regex
const STRING = /"((?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)"/y;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g;
const CONTROLS: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Reads a JSON text of any depth; returns undefined if it is invalid. */
export function strictJson(text: string): Json | undefined {
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found) at = pattern.lastIndex;
    return found;
  };
  const take = (character: string): boolean => {
    match(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const string = (): string | undefined => {
    match(SPACE);
    const found = match(STRING);
    return found && found[1]!.replace(
      ESCAPE,
      (_, code, letter) =>
        code !== undefined ? String.fromCharCode(parseInt(code, 16)) : CONTROLS[letter] ?? letter,
    );
  };
  const open: Open[] = [];
  for (;;) {
    // A value begins here.
    let value: Json | undefined;
    if (take("{")) {
      if (take("}")) value = { kind: "object", entries: [] };
      else {
        const key = string();
        if (key === undefined || !take(":")) return undefined;
        open.push({ kind: "object", entries: [], key });
        continue;
      }
    } else if (take("[")) {
      if (take("]")) value = { kind: "array", items: [] };
      else {
        open.push({ kind: "array", items: [] });
        continue;
      }
    } else {
      const word = string();
      const number = word === undefined ? match(NUMBER) : undefined;
      if (word !== undefined) value = { kind: "string", text: word };
      else if (number) value = { kind: "number", source: number[0] };
      else if (match(WORD)) value = { kind: "word" };
      else return undefined;
    }
    // The value ends here, and perhaps the containers that hold it.
    for (;;) {
      const holder = open.at(-1);
      if (holder === undefined) {
        match(SPACE);
        return at === text.length ? value : undefined;
      }
      if (holder.kind === "array") holder.items.push(value);
      else holder.entries.push([holder.key, value]);
      if (take(",")) {
        if (holder.kind === "object") {
          const key = string();
          if (key === undefined || !take(":")) return undefined;
          holder.key = key;
        }
        break;
      }
      if (!take(holder.kind === "array" ? "]" : "}")) return undefined;
      value = open.pop()!;
    }
  }
}
