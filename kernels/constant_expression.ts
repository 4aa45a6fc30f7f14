/** Whole-number expressions of WGSL whose value is known before the shader is compiled. */

/** Operators of two operands by how tightly they bind, the loosest first. */
const OPERATORS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { "|": (a, b) => a | b },
  { "&": (a, b) => a & b },
  { "==": (a, b) => Number(a === b), "!=": (a, b) => Number(a !== b) },
  { "<": (a, b) => Number(a < b), ">": (a, b) => Number(a > b) },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => Math.trunc(a / b), "%": (a, b) => a % b },
];

/**
 * The value of an expression of literals, names in `constants`, parentheses, u32() and i32(), and the operators above, truth as 1 and 0;
 * undefined where it is anything else.
 */
export function constantValue(
  expression: string,
  constants: Readonly<Record<string, number>>,
): number | undefined {
  const tokens = expression.match(/\w+|[=!]=|\S/g) ?? [];
  let next = 0;
  const binary = (level: number): number | undefined => {
    const operators = OPERATORS[level];
    if (operators === undefined) return unary();
    let value = binary(level + 1);
    for (let operate = operators[tokens[next]!]; operate; operate = operators[tokens[next]!]) {
      next++;
      const right = binary(level + 1);
      value = value === undefined || right === undefined ? undefined : operate(value, right);
    }
    return value;
  };
  const unary = (): number | undefined => {
    const token = tokens[next++];
    if (token === "u32" || token === "i32") return unary();
    if (token === "-") {
      const value = unary();
      return value === undefined ? undefined : -value;
    }
    if (token === "(") {
      const value = binary(0);
      return tokens[next++] === ")" ? value : undefined;
    }
    if (token === undefined) return undefined;
    return Object.hasOwn(constants, token)
      ? constants[token]
      : /^\d+[iu]?$/.test(token)
      ? parseInt(token)
      : undefined;
  };
  const value = binary(0);
  return next === tokens.length ? value : undefined;
}
