import { join } from "node:path";

const KERNELS = new URL("../kernels/", import.meta.url);

/** Snippets that stand in front of other shaders, and the probes that measure an adapter. */
const EXCLUDED = ["wgsl/workgroup_reduce.wgsl", "probes/"];

/**
 * The texts of all kernels by their paths below `kernels/`, without those that are no kernels.
 *
 * @throws {Error} when suspiciously few are found: the folder has another layout.
 */
export function kernelTexts(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const visit = (below: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(below || ".", KERNELS))) {
      const path = join(below, name).replaceAll("\\", "/");
      if (isDirectory) visit(`${path}/`);
      else if (name.endsWith(".wgsl") && !EXCLUDED.some((excluded) => path.startsWith(excluded))) {
        texts.set(path, Deno.readTextFileSync(new URL(path, KERNELS)));
      }
    }
  };
  visit("");
  if (texts.size < 60) throw new Error(`Found only ${texts.size} shaders in ${KERNELS}`);
  return texts;
}

/** Files of kernels whose text is in none of the sources of dispatches. */
export function missingKernels(sources: Iterable<string>): string[] {
  const all = [...sources];
  return [...kernelTexts()].filter(([_, text]) => !all.some((source) => source.includes(text)))
    .map(([path]) => path);
}
