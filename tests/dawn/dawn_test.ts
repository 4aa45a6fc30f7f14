/**
 * The engine on a second WebGPU: Dawn, Chromium's, from npm, on the software driver SwiftShader that comes with Chromium.
 * Its compiler is Tint, where Deno's is naga, and its driver is not Mesa's. Node runs it, as its promises never resolve in
 * Deno. Every kernel for either class of adapters runs here against f64 in a case or a small network, or at least is
 * compiled; Tint also sees every text in buffers and textures, f32 and f16, with shapes in a uniform and as overrides.
 *
 * DAWN_WHOLE=1 runs the whole gradient table, and twenty steps of training with both classes: 8 minutes of CPU time, not 2.
 * DAWN_DRIVER=/usr/share/vulkan/icd.d/lvp_icd.x86_64.json runs on another Vulkan driver: lavapipe of Mesa 25 or a GPU's;
 * Dawn refuses lavapipe of Mesa 22.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import dawn from "webgpu/package.json" with { type: "json" };
import { withFolder } from "../cli/run_task.ts";
import { missingKernels } from "../shader_texts.ts";
import { driver, NO_DRIVER } from "./driver.ts";
import { MARK, type Result } from "./results.ts";

const skipped = driver === undefined && !Deno.env.get("CI");
if (skipped) console.warn(`Skipped: ${NO_DRIVER}`);

async function writeScript(path: string): Promise<void> {
  const { success, errors, outputFiles } = await Deno.bundle({
    entrypoints: [fileURLToPath(new URL("on_dawn.ts", import.meta.url))],
    platform: "browser",
    format: "esm",
    write: false,
  });
  assert.ok(success, errors.map(({ text }) => text).join("\n"));
  await Deno.writeFile(path, outputFiles![0].contents!);
}

/** What the script tells. */
async function resultsOf(script: string): Promise<Result[]> {
  const module = new URL("index.js", import.meta.resolve("webgpu/package.json")).href;
  const { code, stdout, stderr } = await new Deno.Command("node", {
    args: ["--expose-gc", script, module, ...(Deno.env.get("DAWN_WHOLE") ? ["whole"] : [])],
    env: { VK_DRIVER_FILES: driver!, XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/tmp" },
  }).output().catch((error) => {
    throw new Error(
      `Dawn runs in Node, and \`node\` did not start: ${error.message}. Install Node 20 or newer`,
    );
  });
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout).split("\n").filter((line) => line.startsWith(MARK))
    .map((line) => JSON.parse(line.slice(MARK.length)));
}

Deno.test({
  name: `The engine computes on Dawn ${dawn.version}, which compiles every kernel without a warning`,
  ignore: skipped,
  async fn(t) {
    assert.ok(driver, NO_DRIVER);
    await withFolder(async (folder) => {
      const script = `${folder}/on_dawn.mjs`;
      await writeScript(script);
      const results = await resultsOf(script);
      for (const result of results) {
        if (result.kind !== "check") continue;
        await t.step(result.name, () => assert.deepEqual(result.failures, []));
      }
      await t.step("every kernel was compiled", () => {
        const last = results.at(-1);
        assert.ok(last?.kind === "compiled", "the script did not come to its end");
        assert.deepEqual(missingKernels(last.sources), []);
      });
    });
  },
});
