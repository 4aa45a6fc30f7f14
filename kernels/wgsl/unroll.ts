/**
 * Loops that are written out before the shader is compiled: `@unroll for (var r = 0; r < TILE; r++) { … }`.
 *
 * A loop over the registers of a tile must not be one for the processor. Compilers unroll such loops only up to some
 * size, and WebGPU has every loop counted, so that none runs for ever: on a software adapter each turn then masks every
 * sum it touches. Written out, the sums stay in registers and the masks are gone.
 *
 * What is known of a turn is worked out here as well, because some compilers take a time that grows with the square of
 * a function's length: every `const` that is a whole number, every place in `[…]`, and every `@if (…) { … }`, which stays
 * or goes as a whole.
 */
import { constantCondition, constantValue } from "./constant_expression.ts";

const LOOP = /@unroll\s+for\s*\(\s*var\s+(\w+)\s*=\s*([^;]+);\s*(\w+)\s*<\s*([^;]+);\s*(\w+)\+\+\s*\)\s*\{/;
const CONSTANT = /\bconst\s+([A-Za-z_]\w*)\s*=\s*([^;]+);/;
const CONDITION = /@if\s*\(/;
const PLACE = /\[([^[\]]+)\]/g;

type Constants = Readonly<Record<string, number>>;

/**
 * Writes out every `@unroll for` of a WGSL text, the inner ones too, each turn in a block of its own with the loop's
 * variable replaced by its value.
 *
 * @param constants values of the names that may stand as bounds and in what is worked out; other bounds are literals
 *   such as `8` or `8u`.
 * @throws {SyntaxError} when a loop is not of the form above, or a bound or what stands after `@if` is not known.
 */
export function unroll(source: string, constants: Constants): string {
  const text = writtenOut(source, constants, (piece) => piece);
  if (text.includes("@unroll")) throw new SyntaxError("@unroll takes for (var i = A; i < B; i++) { … }");
  const condition = CONDITION.exec(text);
  if (condition) {
    throw new SyntaxError(
      `Not known when loops are written out: ${text.slice(condition.index, condition.index + 80)}`,
    );
  }
  return text;
}

/** The text with its loops written out, and what is between them as `between` makes it. */
function writtenOut(text: string, constants: Constants, between: (piece: string) => string): string {
  const pieces: string[] = [];
  let rest = text;
  for (let loop = LOOP.exec(rest); loop; loop = LOOP.exec(rest)) {
    const [whole, name, from, compared, to, stepped] = loop;
    if (name !== compared || name !== stepped) {
      throw new SyntaxError(`Cannot unroll ${whole}: three variables`);
    }
    const start = loop.index + whole.length;
    const end = closing(rest, start, "{", "}");
    const [first, limit] = [bound(from!, constants), bound(to!, constants)];
    const suffix = /^\d+u$/.test(from!.trim()) ? "u" : "";
    pieces.push(between(rest.slice(0, loop.index)));
    for (let i = first; i < limit; i++) {
      const body = replaced(rest.slice(start, end), name!, `${i}${suffix}`);
      pieces.push(`{${turn(body, constants)}}\n`);
    }
    rest = rest.slice(end + 1);
  }
  return pieces.join("") + between(rest);
}

/** One turn of a loop, with all that is known of it worked out. */
function turn(body: string, constants: Constants): string {
  return writtenOut(
    chosen(named(body, constants), constants),
    constants,
    (piece) =>
      piece.replaceAll(PLACE, (whole, place) => {
        const known = constantValue(place, constants);
        return known === undefined ? whole : `[${known.value}]`;
      }),
  );
}

/** The text with the value of every `const` that is known in place of its name, up to the end of its block. */
function named(text: string, constants: Constants): string {
  const found = CONSTANT.exec(text);
  if (!found) return text;
  const [whole, name, expression] = found;
  const after = text.slice(found.index + whole.length);
  const known = constantValue(expression!, constants);
  if (known === undefined) return text.slice(0, found.index) + whole + named(after, constants);
  const end = closing(`${after}}`, 0, "{", "}");
  const literal = known.value < 0 ? `(${known.value})` : `${known.value}${known.unsigned ? "u" : ""}`;
  const block = replaced(after.slice(0, end), name!, literal);
  return text.slice(0, found.index) + named(block + after.slice(end), constants);
}

/** The text with `literal` wherever a name stands for itself. */
function replaced(text: string, name: string, literal: string): string {
  if (new RegExp(`\\b(const|let|var)\\s+${name}\\b`).test(text)) {
    throw new SyntaxError(`${name} has a known value and is declared again`);
  }
  return text.replaceAll(new RegExp(`(?<![.\\w])${name}\\b`, "g"), literal);
}

/** The text without every `@if (…) { … }` whose condition is known, or with what it holds where that is true. */
function chosen(text: string, constants: Constants): string {
  const condition = CONDITION.exec(text);
  if (!condition) return text;
  const start = condition.index + condition[0].length;
  const end = closing(text, start, "(", ")");
  const open = text.indexOf("{", end);
  const close = closing(text, open + 1, "{", "}");
  if (text.slice(end + 1, open).trim() !== "" || /^\s*else\b/.test(text.slice(close + 1))) {
    throw new SyntaxError("@if takes a condition and a block, and no else");
  }
  const holds = constantCondition(text.slice(start, end), constants);
  const inside = chosen(text.slice(open + 1, close), constants);
  const kept = holds === undefined
    ? `${text.slice(condition.index, open)}{${inside}}`
    : holds
    ? `{${inside}}`
    : "";
  return text.slice(0, condition.index) + kept + chosen(text.slice(close + 1), constants);
}

function bound(text: string, constants: Constants): number {
  const known = constantValue(text, constants);
  if (known === undefined) {
    throw new SyntaxError(`Cannot unroll up to ${text.trim()}: it is no constant of the kernel`);
  }
  return known.value;
}

/** The place of what closes the brackets whose inside begins at `start`. */
function closing(text: string, start: number, left: string, right: string): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === left) depth++;
    if (text[i] === right && --depth === 0) return i;
  }
  throw new SyntaxError("Cannot unroll a loop without end");
}
