/**
 * A kernel's own text with accessors that keep book. A kernel reaches memory through `x_load(i)` and its like alone
 * (kernels/wgsl/prelude.ts), so that here every index is seen before it is used: outside of the tensor it is noted as a
 * fault and not used, inside a write is counted at its place.
 *
 * What the kernel takes as constants, the shapes, comes in a uniform: one pipeline then serves thousands of shapes.
 */
import { type Dispatch, shaderText } from "../../../kernels/mod.ts";

/** A checked text, and what its uniform holds: names of constants with their types, after the tracking's own. */
export interface CheckedShader {
  readonly code: string;
  readonly constants: readonly { readonly name: string; readonly type: string }[];
}

/** Numbers in front of the constants: the place of the faults, then length and place of the counts of each binding. */
export function headerNumbers(bindings: number): number {
  return 1 + 2 * bindings;
}

/**
 * The text of a dispatch in which every binding is a buffer; behind them follow the uniform and the tracked counts.
 *
 * @throws {Error} where the kernel reaches a binding otherwise than through its accessors.
 */
export function checkedShader(dispatch: Dispatch): CheckedShader {
  let code = shaderText(dispatch, dispatch.bindings.map(() => "buffer"));
  const constants: { name: string; type: string }[] = [];
  code = code.replace(/\boverride\s+(\w+)\s*:\s*(u32|i32|f32)\s*;/g, (_, name: string, type: string) => {
    constants.push({ name, type });
    return "";
  });
  for (const { name } of constants) {
    code = code.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `checked.${name}`);
  }
  for (const [k, { name, access }] of dispatch.bindings.entries()) {
    let replaced = 0;
    const replace = (from: string, to: string) => {
      replaced += code.split(from).length - 1;
      code = code.replaceAll(from, to);
    };
    const seen = `checked_place(i, checked.length${k}, ${2 ** k}u)`;
    replace(`return ${name}_data[i];`, `return ${name}_data[${seen}];`);
    replace(
      `{ ${name}_data[i] = v; }`,
      `{ let at = ${seen}; if (at == i) { atomicAdd(&tracked[checked.counts${k} + at], 1u); ${name}_data[at] = v; } }`,
    );
    const uses = code.match(new RegExp(`\\b${name}_data\\[`, "g"))?.length ?? 0;
    if (uses !== replaced || replaced === 0) {
      throw new Error(`${dispatch.kernel} reaches ${name} (${access}) otherwise`);
    }
  }
  const numbers = [
    "faults: u32",
    ...dispatch.bindings.map((_, k) => `length${k}: u32, counts${k}: u32`),
    ...constants.map(({ name, type }) => `${name}: ${type}`),
  ];
  const count = dispatch.bindings.length;
  const declarations = `struct Checked { ${numbers.join(", ")} }
@group(0) @binding(${count}) var<uniform> checked: Checked;
@group(0) @binding(${count + 1}) var<storage, read_write> tracked: array<atomic<u32>>;
var<private> checked_faults: u32;
fn checked_place(i: u32, length: u32, bit: u32) -> u32 {
  checked_faults |= select(0u, bit, i >= length);
  return min(i, length - 1u);
}
`;
  return { code: declarations + reporting(code), constants };
}

/** The text with an entry point that calls the kernel's own and then tells of the thread's faults. */
function reporting(code: string): string {
  const entry = /@compute @workgroup_size\((\w+)\)\s*fn main\(([^{]*)\) \{/.exec(code);
  if (!entry) throw new Error("there is no entry point");
  const [text, size, parameters] = entry as unknown as [string, string, string];
  const plain = parameters.replaceAll(/@builtin\(\w+\)\s*/g, "");
  const names = [...plain.matchAll(/(\w+)\s*:/g)].map(([, name]) => name);
  return code.replace(text, `fn kernel_main(${plain}) {`) + `
@compute @workgroup_size(${size})
fn main(${parameters}) {
  kernel_main(${names.join(", ")});
  if (checked_faults != 0u) { atomicOr(&tracked[checked.faults], checked_faults); }
}
`;
}

/** The uniform's bytes. */
export function checkedUniform(
  dispatch: Dispatch,
  { constants }: CheckedShader,
  header: readonly number[],
): ArrayBuffer {
  const bytes = new ArrayBuffer(16 * Math.ceil((header.length + constants.length) / 4));
  const view = new DataView(bytes);
  header.forEach((value, i) => view.setUint32(4 * i, value, true));
  constants.forEach(({ name, type }, i) => {
    const value = dispatch.constants[name];
    if (value === undefined) throw new Error(`${dispatch.kernel}: there is no constant ${name}`);
    const at = 4 * (header.length + i);
    if (type === "f32") view.setFloat32(at, value, true);
    else if (type === "i32") view.setInt32(at, value, true);
    else view.setUint32(at, value, true);
  });
  return bytes;
}
