/** Whole-number expressions of WGSL whose value is known before the shader is compiled. */

type Operators = Readonly<Record<string, (a: number, b: number) => number>>;

/** Operators by how tightly they bind, the loosest first. WGSL wants parentheses where the first two are mixed. */
const ARITHMETIC: readonly Operators[] = [
  { "|": (a, b) => a | b },
  { "&": (a, b) => a & b },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => Math.trunc(a / b), "%": (a, b) => a % b },
];

const COMPARISONS: Operators = {
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
};

type Constants = Readonly<Record<string, number>>;

/** A value, and whether WGSL has it as a u32. */
export interface Known {
  readonly value: number;
  readonly unsigned: boolean;
}

/**
 * The value of an expression of literals, names in `constants`, parentheses, u32() and i32(), and the operators above;
 * undefined where it is anything else, or where any part of it may not be what WGSL computes: no whole number, beyond 31
 * bits, or below zero where anything is unsigned.
 */
export function constantValue(expression: string, constants: Constants): Known | undefined {
  const parser = new Parser(expression, constants);
  const value = parser.arithmetic(0);
  return value === undefined || !parser.ended ? undefined : { value, unsigned: parser.unsigned };
}

/** Whether a condition holds: two such expressions and a comparison between them. Undefined where it is anything else. */
export function constantCondition(condition: string, constants: Constants): boolean | undefined {
  const parser = new Parser(condition, constants);
  const holds = parser.comparison();
  return holds === undefined || !parser.ended ? undefined : holds !== 0;
}

class Parser {
  readonly #tokens: readonly string[];
  readonly unsigned: boolean;
  #next = 0;

  constructor(text: string, readonly constants: Constants) {
    this.#tokens = text.match(/\w+|[=!]=|\S/g) ?? [];
    this.unsigned = this.#tokens.some((token) => token === "u32" || /^\d+u$/.test(token));
  }

  get ended(): boolean {
    return this.#next === this.#tokens.length;
  }

  comparison(): number | undefined {
    const left = this.arithmetic(0);
    const compare = this.#operator(COMPARISONS);
    const right = this.arithmetic(0);
    return compare && left !== undefined && right !== undefined ? compare(left, right) : undefined;
  }

  arithmetic(level: number): number | undefined {
    const operators = ARITHMETIC[level];
    if (operators === undefined) return this.#unary();
    let value = this.arithmetic(level + 1);
    for (let operate = this.#operator(operators); operate; operate = this.#operator(operators)) {
      const right = this.arithmetic(level + 1);
      value = value === undefined || right === undefined ? undefined : this.#sure(operate(value, right));
    }
    return value;
  }

  #unary(): number | undefined {
    const token = this.#tokens[this.#next++];
    if (token === undefined) return undefined;
    if (token === "u32" || token === "i32") return this.#unary();
    if (token === "-") {
      const value = this.#unary();
      return value === undefined ? undefined : this.#sure(-value);
    }
    if (token === "(") {
      const value = this.arithmetic(0);
      return this.#tokens[this.#next++] === ")" ? value : undefined;
    }
    if (Object.hasOwn(this.constants, token)) return this.#sure(this.constants[token]!);
    return /^\d+[iu]?$/.test(token) ? this.#sure(parseInt(token)) : undefined;
  }

  #operator(operators: Operators): Operators[string] | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined || !Object.hasOwn(operators, token)) return undefined;
    this.#next++;
    return operators[token];
  }

  #sure(value: number): number | undefined {
    const least = this.unsigned ? 0 : -(2 ** 31);
    return Number.isInteger(value) && value >= least && value < 2 ** 31 ? value + 0 : undefined;
  }
}
