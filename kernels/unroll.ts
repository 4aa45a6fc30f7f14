/**
 * Loops that are written out before the shader is compiled: `@unroll for (var r = 0; r < TILE; r++) { … }`.
 *
 * A loop over the registers of a tile must not be one for the processor. Compilers unroll such loops only up to some
 * size, and WebGPU has every loop counted, so that none runs for ever: on a software adapter each turn then masks every
 * sum it touches. Written out, the sums stay in registers and the masks are gone.
 */

const HEAD = /@unroll\s+for\s*\(\s*var\s+(\w+)\s*=\s*([^;]+);\s*(\w+)\s*<\s*([^;]+);\s*(\w+)\+\+\s*\)\s*\{/;

/**
 * Writes out every `@unroll for` of a WGSL text, the inner ones too, each turn in a block of its own with the loop's
 * variable replaced by its value.
 *
 * @param constants values of the names that may stand as bounds; otherwise bounds are literals such as `8` or `8u`.
 * @throws {SyntaxError} when a loop is not of the form above, or a bound is not known.
 */
export function unroll(source: string, constants: Readonly<Record<string, number>>): string {
  let text = source;
  for (let head = HEAD.exec(text); head; head = HEAD.exec(text)) {
    const [whole, name, from, compared, to, stepped] = head;
    if (name !== compared || name !== stepped) {
      throw new SyntaxError(`Cannot unroll ${whole}: three variables`);
    }
    const start = head.index + whole.length;
    const end = closingBrace(text, start);
    const body = text.slice(start, end);
    const [first, limit] = [bound(from, constants), bound(to, constants)];
    const suffix = /^\d+u$/.test(from.trim()) ? "u" : "";
    const turns = Array.from(
      { length: Math.max(0, limit - first) },
      (_, i) => `{${body.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${first + i}${suffix}`)}}`,
    );
    text = text.slice(0, head.index) + turns.join("\n") + text.slice(end + 1);
  }
  if (text.includes("@unroll")) throw new SyntaxError("@unroll takes for (var i = A; i < B; i++) { … }");
  return text;
}

function bound(text: string, constants: Readonly<Record<string, number>>): number {
  const name = text.trim();
  const value = constants[name] ?? (/^\d+u?$/.test(name) ? parseInt(name) : undefined);
  if (value === undefined) {
    throw new SyntaxError(`Cannot unroll up to ${name}: it is no constant of the kernel`);
  }
  return value;
}

/** The place of the brace that closes the block whose inside begins at `start`. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  throw new SyntaxError("Cannot unroll a loop without end");
}
