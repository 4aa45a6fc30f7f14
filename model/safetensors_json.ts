/**
 * The JSON of a safetensors header: one object without duplicate keys. `JSON.parse` keeps the last of two equal keys
 * without an error, so a second pass over the text finds them.
 */
import { SafetensorsError } from "./safetensors_error.ts";

/** The largest number of characters of a file that a message quotes. */
const QUOTED = 200;

/** The beginning of a text from a file; control characters, which could affect a terminal, become spaces. */
export function brief(text: string): string {
  // deno-lint-ignore no-control-regex
  const printable = text.slice(0, QUOTED).replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return text.length > QUOTED ? `${printable}…` : printable;
}

/** A name from a file, in quotation marks. */
export function quoted(name: string): string {
  return brief(JSON.stringify(name));
}

/**
 * Parses the text of one JSON object.
 *
 * @throws {SafetensorsError} `invalid-header` when it is no JSON object, `duplicate-name` when a key comes twice.
 */
export function parseJsonObject(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) throw new SafetensorsError("invalid-header", "The header does not begin with {");
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SafetensorsError("invalid-header", `The header is not JSON: ${brief(reason)}`);
  }
  const key = duplicateKey(text);
  if (key !== undefined) {
    throw new SafetensorsError("duplicate-name", `The header names ${quoted(key)} twice`);
  }
  return object;
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** The first key that occurs twice in one object of a valid JSON text. */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_OBJECT) open.push(new Set());
    else if (code === OPEN_ARRAY) open.push(undefined);
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop();
    else if (code === QUOTE) {
      const end = closingQuote(text, at);
      if (isFollowedByColon(text, end)) {
        const key: string = JSON.parse(text.slice(at, end + 1));
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      at = end;
    }
  }
  return undefined;
}

function closingQuote(text: string, start: number): number {
  let at = start + 1;
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function isFollowedByColon(text: string, quote: number): boolean {
  let at = quote + 1;
  while (text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}
