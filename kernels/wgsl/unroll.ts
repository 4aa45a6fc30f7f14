/**
 * Loops that are written out before the shader is compiled:
 *
 *     @unroll for (var r = 0; r < TILE; r++) { … }      or with a step:  r += STRIDE
 *
 * A loop over the registers of a tile must not reach the processor. Compilers unroll such loops only up to some size,
 * and WebGPU counts the iterations of every loop, so that none runs forever: a software adapter then masks every sum in
 * every iteration. Written out, the sums stay in registers and the masks are gone.
 *
 * Indices `[…]` inside these loops are computed here as well, where all their parts are known: some compilers take a
 * time that grows with the square of a function's length.
 */

const LOOP =
  /@unroll\s+for\s*\(\s*var\s+(\w+)\s*=\s*([^;]+);\s*\1\s*<\s*([^;]+);\s*\1\s*(?:\+\+|\+=\s*(\w+))\s*\)\s*\{/;
const INDEX = /\[([^[\]]+)\]/g;

type Constants = Readonly<Record<string, number>>;

/**
 * Writes out every `@unroll for` of a WGSL text, the inner ones too: each iteration in a separate block, with the
 * loop's variable replaced by its value.
 *
 * @param constants values of the names that may stand in bounds, steps and indices.
 * @throws {SyntaxError} when a loop has another form, or a bound or step is not a constant.
 */
export function unroll(source: string, constants: Constants): string {
  const text = unrolled(source, constants, (piece) => piece);
  if (text.includes("@unroll")) {
    throw new SyntaxError("@unroll takes for (var i = A; i < B; i++) { … }, or i += C");
  }
  return text;
}

/** The text with its loops written out, and the text between them passed through `between`. */
function unrolled(text: string, constants: Constants, between: (piece: string) => string): string {
  const pieces: string[] = [];
  let rest = text;
  for (let loop = LOOP.exec(rest); loop; loop = LOOP.exec(rest)) {
    const [head, name = "", from = "", to = "", by = "1"] = loop;
    const start = loop.index + head.length;
    const end = closingBrace(rest, start);
    const body = rest.slice(start, end);
    if (new RegExp(`\\b(const|let|var)\\s+${name}\\b`).test(body)) {
      throw new SyntaxError(`Cannot unroll: ${name} is declared again inside its loop`);
    }
    const mentions = new RegExp(`(?<![.\\w])${name}\\b`, "g");
    const suffix = /^\d+u$/.test(from.trim()) ? "u" : "";
    const [first, limit, step] = [known(from, constants), known(to, constants), known(by, constants)];
    if (step < 1) throw new SyntaxError(`Cannot unroll ${head}: its step is ${step}`);
    pieces.push(between(rest.slice(0, loop.index)));
    for (let i = first; i < limit; i += step) {
      const iteration = body.replaceAll(mentions, `${i}${suffix}`);
      pieces.push(`{${unrolled(iteration, constants, (piece) => withIndices(piece, constants))}}\n`);
    }
    rest = rest.slice(end + 1);
  }
  return pieces.join("") + between(rest);
}

function withIndices(text: string, constants: Constants): string {
  return text.replaceAll(INDEX, (whole, index) => {
    const value = constantValue(index, constants);
    return value === undefined ? whole : `[${value}]`;
  });
}

function known(expression: string, constants: Constants): number {
  const value = constantValue(expression, constants);
  if (value === undefined) {
    throw new SyntaxError(`Cannot unroll: ${expression.trim()} is not a constant of the kernel`);
  }
  return value;
}

/** The index of the brace that closes the block whose inside begins at `start`. */
function closingBrace(text: string, start: number): number {
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === "{") depth++;
    if (text[i] === "}" && --depth === 0) return i;
  }
  throw new SyntaxError("Cannot unroll a loop without end");
}

type Operators = Readonly<Record<string, (a: number, b: number) => number>>;

const SUMS: Operators = { "+": (a, b) => a + b, "-": (a, b) => a - b };
const PRODUCTS: Operators = {
  "*": (a, b) => a * b,
  "/": (a, b) => Math.trunc(a / b),
  "%": (a, b) => a % b,
};

/**
 * The value of an expression of whole literals, names in `constants`, parentheses, u32(), i32() and + - * / %. Undefined
 * for anything else, and where WGSL might compute another value for any part: beyond 31 bits, divided by zero, or below
 * zero where anything is unsigned.
 */
export function constantValue(expression: string, constants: Constants): number | undefined {
  const tokens = expression.match(/\w+|\S/g) ?? [];
  const least = tokens.some((token) => /^(u32|\d+u)$/.test(token)) ? 0 : -(2 ** 31);
  let next = 0;

  const checked = (value: number) =>
    Number.isInteger(value) && value >= least && value < 2 ** 31 ? value + 0 : NaN;

  /** Operands joined by any of these operators, from left to right. NaN where the value is not known. */
  function joined(operators: Operators, operand: () => number): number {
    let value = operand();
    for (let token = tokens[next]; token && Object.hasOwn(operators, token); token = tokens[next]) {
      next++;
      value = checked(operators[token]!(value, operand()));
    }
    return value;
  }

  const product = () => joined(PRODUCTS, unary);
  const sum = () => joined(SUMS, product);

  function unary(): number {
    const token = tokens[next++] ?? "";
    if (token === "u32" || token === "i32") return unary();
    if (token === "-") return checked(-unary());
    if (token === "(") {
      const value = sum();
      return tokens[next++] === ")" ? value : NaN;
    }
    if (Object.hasOwn(constants, token)) return checked(constants[token]!);
    return /^\d+[iu]?$/.test(token) ? checked(parseInt(token)) : NaN;
  }

  const value = sum();
  return Number.isNaN(value) || next < tokens.length ? undefined : value;
}
