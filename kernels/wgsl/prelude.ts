/**
 * The declarations in front of every shader: its bindings, and the accessors through which alone it reads and
 * writes them. What a tensor is stored in, and what is applied to it on load, is decided here and nowhere else.
 *
 * For a binding `x` the shader may call
 * - `x_load(i) -> vec4f`, `x_at(i) -> f32`: the i-th vec4 or padded scalar,
 * - `x_store(i, v)`: writes the i-th vec4,
 * - `x_prologue(c4)` and `x_value(i, m)`, where the binding has a prologue: the per-channel prologue of the c4-th vec4 of
 *   channels, and the i-th vec4 with it applied,
 * - `x_epilogue(v, i, c4)`, where the binding has an epilogue: what is to be stored as the i-th vec4, the c4-th of a row, for
 *   the result v; and `x_stored(v)`: what v is once it is stored, rounded where the storage is f16,
 * and for u32 arrays `x_at(i) -> u32` and `x_store(i, v)`.
 *
 * Names in capitals are the dispatch's `constants`, of type u32 where the text does not declare another, and what its `tile`
 * has, of type i32. N4 is the number of vec4s that hold N scalars.
 *
 * A shader whose threads are independent is a function `run(thread)`; threads are numbered from 0, the last ones past
 * the end of the work. A shader whose workgroups share memory is a function `run_group(group, lane)`; they have 64 lanes, or
 * as many as the tile's THREADS.
 */
import { type ConstantsKind, withConstants } from "./constants.ts";
import {
  type Binding,
  type Dispatch,
  type Epilogue,
  isGradientPrologue,
  type Prologue,
  WORKGROUP,
} from "./dispatch.ts";
import {
  LARGEST_HALF,
  precisionOf,
  type Storage,
  TEXTURE_WIDTH,
  textureFormat,
  uniformVec4s,
} from "./storage.ts";
import { unroll } from "./unroll.ts";

const COMMON = `
// Comparisons rather than clamp(): they let NaN through, so that a broken network is noticed, and they are cheaper
// where min and max must mind NaN.
fn relu6(x: vec4f) -> vec4f {
  return select(select(x, vec4f(6.0), x > vec4f(6.0)), vec4f(0.0), x < vec4f(0.0));
}

// What of the gradient g of relu6(x) goes on to x.
fn relu6_gradient(g: vec4f, x: vec4f) -> vec4f {
  return select(vec4f(0.0), g, (x > vec4f(0.0)) & (x < vec4f(6.0)));
}

// Bits, not x != x: compilers may assume that there is no NaN.
fn is_nan(v: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// v with the scalars at or past \`channels\` set to zero; v is the c4-th vec4 of a row.
fn within(v: vec4f, c4: u32, channels: u32) -> vec4f {
  return select(vec4f(0.0), v, vec4u(0u, 1u, 2u, 3u) + vec4u(c4 * 4u) < vec4u(channels));
}
`;

// What WGSL makes of numbers beyond f16 is up to the adapter, so it is not asked: a gradient that does not fit must be
// noticed. Both numbers of a pair become NaN where one is too large.
const HALF = `
fn half_bits(v: vec4f) -> vec2u {
  let bits = vec2u(pack2x16float(v.xy), pack2x16float(v.zw));
  let large = abs(v) > vec4f(${LARGEST_HALF}.0);
  return select(bits, vec2u(0x7e007e00u), vec2<bool>(any(large.xy), any(large.zw)));
}

// The vec4 that half_bits has packed.
fn half_value(bits: vec2u) -> vec4f {
  return vec4f(unpack2x16float(bits.x), unpack2x16float(bits.y));
}
`;

/** How the entry point calls a kernel's function; a kernel without one of these has its own entry point. */
const CALLS = {
  "fn run(": "run((group.x + group.y * groups.x) * 64u + lane)",
  "fn run_group(": "run_group(group.x + group.y * groups.x, lane)",
};

function entryPoint({ source, tile }: Dispatch): string {
  const call = Object.entries(CALLS).find(([name]) => source.includes(name))?.[1];
  return call === undefined ? "" : `
@compute @workgroup_size(${tile?.THREADS ?? WORKGROUP})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  ${call};
}
`;
}

/** The whole text of a dispatch's shader, given where each of its bindings is stored and how its constants come. */
export function shaderText(
  dispatch: Dispatch,
  storages: readonly Storage[],
  constants: ConstantsKind = "uniform",
): string {
  const tile = Object.entries(dispatch.tile ?? {}).map(([name, value]) => `const ${name}: i32 = ${value};`);
  const declarations = dispatch.bindings.map((binding, i) => {
    const storage = storages[i];
    if (!storage) throw new TypeError(`${dispatch.kernel}: the storage of ${binding.name} is missing`);
    return declare(binding, i, storage);
  });
  const common = storages.some((storage) => precisionOf(storage) === "f16") ? COMMON + HALF : COMMON;
  const text = [...declarations, writtenOut(dispatch)].join("\n");
  const body = withConstants(dispatch, text, constants, dispatch.bindings.length);
  return [common, ...tile, body, entryPoint(dispatch)].join("\n");
}

const WRITTEN_OUT = new Map<string, string>();

/** A kernel's own text with its loops written out; the same ones come again and again, in every layer. */
function writtenOut({ source, tile = {} }: Dispatch): string {
  const key = JSON.stringify(tile) + source;
  let text = WRITTEN_OUT.get(key);
  if (text === undefined) WRITTEN_OUT.set(key, text = unroll(source, tile));
  return text;
}

function declare(binding: Binding, index: number, storage: Storage): string {
  const { name, access } = binding;
  const slot = `@group(0) @binding(${index}) var`;
  if (binding.type === "u32") {
    if (access === "read") {
      return `${slot}<storage, read> ${name}_data: array<u32>;
fn ${name}_at(i: u32) -> u32 { return ${name}_data[i]; }`;
    }
    return `${slot}<storage, read_write> ${name}_data: array<u32>;
fn ${name}_at(i: u32) -> u32 { return ${name}_data[i]; }
fn ${name}_store(i: u32, v: u32) { ${name}_data[i] = v; }`;
  }
  const lines: string[] = [];
  const half = precisionOf(storage) === "f16";
  if (storage === "texture" || storage === "half-texture") {
    if (access === "update") throw new TypeError(`Textures are read or written, and ${name} is both`);
    const format = textureFormat(precisionOf(storage));
    lines.push(`${slot} ${name}_data: texture_storage_2d<${format}, ${access}>;`);
    const place = `vec2u(i & ${TEXTURE_WIDTH - 1}u, i >> ${Math.log2(TEXTURE_WIDTH)}u)`;
    const texel = `textureLoad(${name}_data, ${place})`;
    if (access === "read") {
      lines.push(`fn ${name}_load(i: u32) -> vec4f { return ${half ? `half_value(${texel}.xy)` : texel}; }`);
    } else {
      const v = half ? "vec4u(half_bits(v), 0u, 0u)" : "v";
      lines.push(`fn ${name}_store(i: u32, v: vec4f) { textureStore(${name}_data, ${place}, ${v}); }`);
    }
  } else {
    const space = storage === "uniform" ? "uniform" : `storage, ${access === "read" ? "read" : "read_write"}`;
    const array = storage === "uniform"
      ? `array<vec4f, ${uniformVec4s(binding.vec4s ?? 4)}>`
      : `array<${half ? "vec2u" : "vec4f"}>`;
    lines.push(`${slot}<${space}> ${name}_data: ${array};`);
    if (access !== "write") {
      const value = `${name}_data[i]`;
      lines.push(`fn ${name}_load(i: u32) -> vec4f { return ${half ? `half_value(${value})` : value}; }`);
    }
    if (access !== "read") {
      lines.push(`fn ${name}_store(i: u32, v: vec4f) { ${name}_data[i] = ${half ? "half_bits(v)" : "v"}; }`);
    }
  }
  if (access !== "write") {
    lines.push(`fn ${name}_at(i: u32) -> f32 { return ${name}_load(i >> 2u)[i & 3u]; }`);
  }
  if (binding.prologue !== undefined) lines.push(...declarePrologue(name, binding.prologue));
  if (binding.epilogue !== undefined) {
    lines.push(declareEpilogue(name, binding.epilogue));
    lines.push(`fn ${name}_stored(v: vec4f) -> vec4f { return ${half ? "half_value(half_bits(v))" : "v"}; }`);
  }
  return lines.join("\n");
}

function declarePrologue(name: string, prologue: Prologue): string[] {
  if (prologue === "none") {
    return [
      `alias ${name}_Prologue = u32;`,
      `fn ${name}_prologue(c4: u32) -> ${name}_Prologue { return c4; }`,
      `fn ${name}_value(i: u32, m: ${name}_Prologue) -> vec4f { return ${name}_load(i); }`,
    ];
  }
  if (isGradientPrologue(prologue)) return declareGradientPrologue(name, prologue);
  const applied = `fma(${name}_load(i), m.scale, m.shift)`;
  const result = prologue === "affine" ? applied : `relu6(${applied})`;
  return [
    `struct ${name}_Prologue { scale: vec4f, shift: vec4f }`,
    `fn ${name}_prologue(c4: u32) -> ${name}_Prologue {`,
    `  return ${name}_Prologue(${name}_coefficients_load(c4), ${name}_coefficients_load(${name}_C4 + c4));`,
    `}`,
    `fn ${name}_value(i: u32, m: ${name}_Prologue) -> vec4f { return ${result}; }`,
  ];
}

function declareGradientPrologue(name: string, prologue: Prologue): string[] {
  const gradient = `${name}_load(i)`;
  const g = prologue === "norm-gradient" ? gradient : `relu6_gradient(${gradient}, fma(x, m.scale, m.shift))`;
  const coefficients = [0, 1, 2, 3].map((row) => `${name}_coefficients_load(${row}u * ${name}_C4 + c4)`);
  return [
    `struct ${name}_Prologue { scale: vec4f, shift: vec4f, a: vec4f, b: vec4f }`,
    `fn ${name}_prologue(c4: u32) -> ${name}_Prologue { return ${name}_Prologue(${
      coefficients.join(", ")
    }); }`,
    `fn ${name}_value(i: u32, m: ${name}_Prologue) -> vec4f {`,
    `  let x = ${name}_input_load(i);`,
    `  return fma(m.scale, ${g}, fma(m.a, x, m.b));`,
    `}`,
  ];
}

function declareEpilogue(name: string, { bias, addend, relu6 }: Epilogue): string {
  const terms = [
    "v",
    ...(bias ? [`${name}_bias_load(c4)`] : []),
    ...(addend ? [`${name}_addend_load(i)`] : []),
  ];
  const sum = terms.join(" + ");
  return `fn ${name}_epilogue(v: vec4f, i: u32, c4: u32) -> vec4f { return ${
    relu6 ? `relu6(${sum})` : sum
  }; }`;
}
