/**
 * A kernel's text with accessors that check every index. A kernel reads and writes memory only through accessors such
 * as `x_load(i)` (kernels/wgsl/prelude.ts). Here each accessor checks its index first: an index outside the tensor is
 * recorded as a fault and not used; a write inside the tensor is counted for its element.
 */
import { type Dispatch, shaderText } from "../../../kernels/mod.ts";

/** Numbers of the uniform: the offset of the faults, then for each binding its length and the offset of its counts. */
export function headerNumbers(bindings: number): number {
  return 1 + 2 * bindings;
}

/**
 * The text of a dispatch with every binding in a buffer, followed by its constants, the uniform of {@link headerNumbers} and
 * the tracking buffer.
 *
 * @throws {Error} if the kernel uses a binding without its accessors.
 */
export function checkedShader(dispatch: Dispatch): string {
  let code = shaderText(dispatch, dispatch.bindings.map(() => "buffer"));
  for (const [k, { name, access }] of dispatch.bindings.entries()) {
    let replaced = 0;
    const replace = (from: string, to: string) => {
      replaced += code.split(from).length - 1;
      code = code.replaceAll(from, to);
    };
    const seen = `checked_index(i, checked.length${k}, ${2 ** k}u)`;
    replace(`return ${name}_data[i];`, `return ${name}_data[${seen}];`);
    replace(
      `{ ${name}_data[i] = v; }`,
      `{ let at = ${seen}; if (at == i) { atomicAdd(&tracked[checked.counts${k} + at], 1u); ${name}_data[at] = v; } }`,
    );
    const uses = code.match(new RegExp(`\\b${name}_data\\[`, "g"))?.length ?? 0;
    if (uses !== replaced || replaced === 0) {
      throw new Error(`${dispatch.kernel} uses ${name} (${access}) without its accessors`);
    }
  }
  const numbers = [
    "faults: u32",
    ...dispatch.bindings.map((_, k) => `length${k}: u32, counts${k}: u32`),
  ];
  const count = dispatch.bindings.length + (Object.keys(dispatch.constants).length > 0 ? 1 : 0);
  const declarations = `struct Checked { ${numbers.join(", ")} }
@group(0) @binding(${count}) var<uniform> checked: Checked;
@group(0) @binding(${count + 1}) var<storage, read_write> tracked: array<atomic<u32>>;
var<private> checked_faults: u32;
fn checked_index(i: u32, length: u32, bit: u32) -> u32 {
  checked_faults |= select(0u, bit, i >= length);
  return min(i, length - 1u);
}
`;
  return declarations + reporting(code);
}

/** The text with an entry point that calls the kernel and then records the thread's faults. */
function reporting(code: string): string {
  const entry = /@compute @workgroup_size\((\w+)\)\s*fn main\(([^{]*)\) \{/.exec(code);
  if (!entry) throw new Error("Found no entry point");
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
