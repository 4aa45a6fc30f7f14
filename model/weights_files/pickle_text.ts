/** The numbers and texts of pickles: those of protocol 0 are lines of ASCII. */
import { quoted } from "../safetensors_json.ts";
import { damaged } from "./weights_file_error.ts";

/** The byte of an ASCII character. */
export function codeOf(letter: string): number {
  return letter.charCodeAt(0);
}

/** A number where doubles are exact, else a bigint. */
function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A whole number in decimal digits, with Python 2's `L` behind it or not. */
export function decimalInteger(line: string): number | bigint {
  if (!/^\s*[+-]?\d+L?\s*$/.test(line)) throw damaged(`the pickle has the number ${quoted(line)}`);
  return exact(BigInt(line.trim().replace(/L$/, "").replace(/^\+/, "")));
}

/** A whole number in two's complement, least significant byte first. */
export function littleEndianInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
  return exact(BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits}`)));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "a": "\x07",
  "b": "\b",
  "f": "\f",
  "n": "\n",
  "r": "\r",
  "t": "\t",
  "v": "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** A string as Python 2's repr() writes it, in quotation marks. */
export function unquoted(line: string): string {
  const literal = line.trim();
  const quote = literal.charAt(0);
  if (!/^(?:'[^]*'|"[^]*")$/.test(literal) || literal.length < 2 || (quote !== "'" && quote !== '"')) {
    throw damaged(`the pickle has the string ${quoted(line)} without its quotation marks`);
  }
  return literal.slice(1, -1).replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]))/g,
    (whole, hex?: string, octal?: string, letter?: string) =>
      hex !== undefined
        ? String.fromCharCode(parseInt(hex, 16))
        : octal !== undefined
        ? String.fromCharCode(parseInt(octal, 8) & 0xff)
        : ESCAPES[letter ?? ""] ?? whole,
  );
}

/** A text in Python's raw-unicode-escape: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. */
export function rawUnicode(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short?: string, long?: string) => {
    const code = parseInt(short ?? long ?? "", 16);
    if (code > 0x10ffff) throw damaged("the pickle has a character beyond Unicode");
    return String.fromCodePoint(code);
  });
}
