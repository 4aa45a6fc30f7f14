/**
 * How a dispatch's constants, its shapes, reach its shader. They are u32 unless the shader's text gives one another type, as in
 * `override MARGIN: f32;`. What a compiler must know (sizes of private arrays, unrolled loops) is in the tile.
 *
 * As overrides they are compiled into the pipeline: every shape has a separate pipeline. For GPUs they
 * become members of a uniform, so that layers of different shapes share a pipeline. Software adapters keep the overrides:
 * a step takes less time with them, and Mesa 22.3's driver copies a shader at every dispatch whose branches depend on a
 * uniform, and keeps the copy: 350 KiB a step of a small network.
 */
import type { Dispatch } from "./dispatch.ts";

/** How constants reach a shader. */
export type ConstantsKind = "override" | "uniform";

const DECLARATION = /^[ \t]*override\s+(\w+)\s*:\s*(u32|i32|f32)\s*;/gm;

/** What the uniform is called in a shader's text. */
const UNIFORM = "constants";

/** Smallest uniform that is bound, in bytes. */
const UNIFORM_BYTES = 16;

/** The names of a dispatch's constants, in the order of the uniform. */
function namesOf({ constants }: Dispatch): string[] {
  return Object.keys(constants).sort();
}

function declaredTypes(text: string): Map<string, string> {
  return new Map(Array.from(text.matchAll(DECLARATION), ([, name = "", type = ""]) => [name, type]));
}

/**
 * A shader's text with its constants declared: as overrides, or in a uniform at the given binding number.
 *
 * @throws {TypeError} when a constant of the uniform is not used, or one that the text declares has no value.
 */
export function withConstants(
  dispatch: Dispatch,
  text: string,
  kind: ConstantsKind,
  binding: number,
): string {
  const types = declaredTypes(text);
  const names = namesOf(dispatch);
  if (kind === "override") {
    const others = names.filter((name) => !types.has(name));
    return [...others.map((name) => `override ${name}: u32;`), text].join("\n");
  }
  const known = [...new Set([...names, ...types.keys()])];
  if (known.length === 0) return text;
  const used = new Set<string>();
  const body = text.replaceAll(DECLARATION, "").replaceAll(
    new RegExp(`(?<![.\\w])(?:${known.join("|")})\\b`, "g"),
    (name) => {
      used.add(name);
      return `${UNIFORM}.${name}`;
    },
  );
  if (names.length !== used.size || !names.every((name) => used.has(name))) {
    throw new TypeError(
      `${dispatch.kernel}: the constants ${names} are given, and its text uses ${[...used]}`,
    );
  }
  const members = names.map((name) => `${name}: ${types.get(name) ?? "u32"}`).join(", ");
  return [
    `struct Constants { ${members} }`,
    `@group(0) @binding(${binding}) var<uniform> ${UNIFORM}: Constants;`,
    body,
  ].join("\n");
}

/**
 * The contents of the uniform that {@link withConstants} declares; undefined for a dispatch without constants.
 *
 * @throws {RangeError} when a value does not fit the constant's type.
 */
export function constantsData(dispatch: Dispatch): ArrayBuffer | undefined {
  const names = namesOf(dispatch);
  if (names.length === 0) return undefined;
  const types = declaredTypes(dispatch.source);
  const data = new DataView(new ArrayBuffer(Math.ceil(4 * names.length / UNIFORM_BYTES) * UNIFORM_BYTES));
  for (const [i, name] of names.entries()) {
    const value = dispatch.constants[name] ?? NaN;
    const type = types.get(name) ?? "u32";
    if (type === "f32") data.setFloat32(4 * i, value, true);
    else if (type === "i32") data.setInt32(4 * i, value, true);
    else data.setUint32(4 * i, value, true);
    const whole = Number.isInteger(value) && value >= (type === "i32" ? -(2 ** 31) : 0) &&
      value < (type === "i32" ? 2 ** 31 : 2 ** 32);
    if (type === "f32" ? Number.isNaN(value) : !whole) {
      throw new RangeError(`${dispatch.kernel}: the constant ${name} is ${type}; got ${value}`);
    }
  }
  return data.buffer;
}
