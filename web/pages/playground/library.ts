/** The library under the names of its entry points, for code that arrives as text. */
import * as engine from "../../../engine/mod.ts";
import * as evaluation from "../../../eval/mod.ts";
import * as kernels from "../../../kernels/mod.ts";
import * as losses from "../../../losses/mod.ts";
import * as all from "../../../mod.ts";
import * as model from "../../../model/mod.ts";

const LIBRARY: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "@reid/webgpu": all,
  "@reid/webgpu/engine": engine,
  "@reid/webgpu/kernels": kernels,
  "@reid/webgpu/losses": losses,
  "@reid/webgpu/model": model,
  "@reid/webgpu/eval": evaluation,
};

/** Names and addresses of modules that can be imported. An import map would be simpler, but workers have none. */
const addresses = new Map(
  Object.entries(LIBRARY).map(([name, exports]) => {
    const names = Object.keys(exports).join(", ");
    return [name, addressOf(`export const { ${names} } = globalThis.library[${JSON.stringify(name)}];`)];
  }),
);
Object.assign(globalThis, { library: LIBRARY });

const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\2/g;

/** The address of a module with a text. */
export function addressOf(text: string): string {
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}

/** The code with the modules' addresses in the place of their names; its lines stay where they are. */
export function withAddresses(code: string): string {
  return code.replace(IMPORT, (all, before, quote, name) => {
    const address = addresses.get(name);
    return address === undefined ? all : before + quote + address + quote;
  });
}

/** A message of the browser with names in the place of addresses. */
export function withNames(message: string): string {
  return [...addresses].reduce((text, [name, address]) => text.replaceAll(address, name), message);
}

/** The first import of something else, and its line from 1. Browsers do not tell where it is. */
export function foreignImport(code: string): { readonly text: string; readonly line: number } | undefined {
  for (const { 3: name = "", index } of code.matchAll(IMPORT)) {
    if (addresses.has(name)) continue;
    const text = `"${name}" cannot be imported here. There are ${[...addresses.keys()].join(", ")}`;
    return { text, line: code.slice(0, index).split("\n").length };
  }
}
