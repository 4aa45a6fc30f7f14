/**
 * The npm package from its tarball, in a project in an empty folder: one program text in Node and Bun on Dawn, in Chromium
 * through Vite, and in Deno, with the same numbers; its declarations under TypeScript; its size after esbuild.
 */
import assert from "node:assert/strict";
import * as esbuild from "esbuild";
import typescript from "typescript/package.json" with { type: "json" };
import { build } from "vite";
import { withFolder } from "../cli/run_task.ts";
import { driver, NO_DRIVER } from "../dawn/driver.ts";
import { complaintsOf, withBrowser, withServer } from "../web/browser.ts";
import { installPackage, installWebgpu, run } from "./package.ts";

/** Other runtimes, from npm. */
const OTHERS = { "Node 22": "node@22.23.3", "Bun": "bun@1.4.5" };

/** The most bytes of the README's network, minified and compressed. */
const MOST_BYTES = 60_000;

/** Texts of what that network does not use: self-test, other layers, ranking, images, files, tuner. */
const UNUSED = /inverted residual|top_k|rank_|augment|safetensors|timed/;

interface Result {
  readonly adapter: string;
  readonly numbers: number[];
}

const ci = Deno.env.get("CI") !== undefined;
const skipped = driver === undefined && !ci;
if (skipped) console.warn(`Skipped: ${NO_DRIVER}`);

/** Whether npm has a program or can download it. In CI it must. */
async function canBeHad(program: string, cwd: string): Promise<boolean> {
  try {
    await run("npx", ["--yes", program, "--version"], { cwd });
    return true;
  } catch (error) {
    if (ci) throw error;
    console.warn(`Skipped: npm cannot run ${program}: ${(error as Error).message}`);
    return false;
  }
}

/** The first block of JavaScript of the package's README. */
async function readmeExample(project: string): Promise<string> {
  const text = await Deno.readTextFile(`${project}/node_modules/@reid/webgpu/README.md`);
  return /^```js\n([^]*?)^```/m.exec(text)![1];
}

async function gzipBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}

/** Whether TypeScript accepts the project's `use.ts`. */
async function check(project: string, options: Record<string, unknown>): Promise<void> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    target: "ES2022",
    types: [],
    ...options,
  };
  await Deno.writeTextFile(
    `${project}/tsconfig.json`,
    JSON.stringify({ compilerOptions, files: ["use.ts"] }),
  );
  await run(Deno.execPath(), [
    "run",
    "--allow-all",
    "--no-config",
    `npm:typescript@${typescript.version}/tsc`,
  ], {
    cwd: project,
  });
}

/** The page's numbers, bundled by Vite; without a bundler, the package's files load as they are. */
async function inChromium(project: string): Promise<Result> {
  await build({
    root: project,
    configFile: false,
    logLevel: "error",
    build: { outDir: "dist", target: "esnext" },
  });
  return await withBrowser(async (browser) => {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    const result = await withServer(`${project}/dist`, async (url) => {
      await page.goto(url);
      return await page.evaluate(() => (globalThis as unknown as { result: Promise<Result> }).result);
    });
    await withServer(`${project}/node_modules/@reid/webgpu`, async (url) => {
      const other = await browser.newPage();
      await other.goto(`${url}package.json`);
      assert.equal(
        await other.evaluate(async (url) => typeof (await import(`${url}mod.js`)).Device, url),
        "function",
      );
    });
    assert.deepEqual(complaints, []);
    return result;
  });
}

Deno.test({
  name: "The npm package gives the same numbers in Node, Bun, Chromium and Deno, has types, and is small",
  ignore: skipped,
  async fn(t) {
    assert.ok(driver, NO_DRIVER);
    const env = { VK_DRIVER_FILES: driver };
    await withFolder(async (folder) => {
      const cwd = await installPackage(folder);
      const results = new Map<string, Result>();
      const record = async (name: string, compute: () => Promise<Result>) => {
        await t.step(name, async () => void results.set(name, await compute()));
      };
      const printed = async (program: string, args: string[], env = {}): Promise<Result> =>
        JSON.parse((await run(program, args, { cwd, env })).stdout);

      await t.step("Node without WebGPU: errors say what to do", async () => {
        const { stdout } = await run("node", ["refused.js"], { cwd, env });
        assert.match(
          stdout,
          /^NoAdapterError: .*`npm install webgpu`.*\nGpuError: .*GPUBufferUsage.*globals\)\n$/,
        );
      });
      await installWebgpu(cwd);
      await record("Node", () => printed("node", ["main.js"], env));
      await t.step("Node keeps the GPU object as long as the device", async () => {
        const { stdout } = await run("node", ["--expose-gc", "collected.js"], { cwd, env });
        assert.deepEqual(JSON.parse(stdout), [1, 0, 2, 0]);
      });
      await t.step("the example of the README learns xor", async () => {
        await Deno.writeTextFile(`${cwd}/xor.js`, await readmeExample(cwd));
        const { stdout } = await run("node", ["xor.js"], { cwd, env });
        assert.match(stdout, /^50 0\.0\d+ \[[^]*^100 \d\.\d+(e-\d+)? \[[^]*\]\n$/m);
      });
      for (const [name, program] of Object.entries(OTHERS)) {
        if (await canBeHad(program, cwd)) {
          await record(name, () => printed("npx", ["--yes", program, "main.js"], env));
        }
      }
      await record("Deno", () => printed(Deno.execPath(), ["run", "--no-prompt", "main.js"]));
      await record("Chromium", () => inChromium(cwd));
      await t.step("they agree within 1e-5", () => {
        const [[, first], ...others] = results;
        assert.ok(first.numbers.length > 70 && first.numbers.every(Number.isFinite), `${first.numbers}`);
        for (const [name, { numbers }] of others) {
          const differences = numbers.map((number, i) => Math.abs(number - first.numbers[i]));
          assert.ok(Math.max(...differences) <= 1e-5, `${name}: ${differences}`);
        }
        assert.match(results.get("Chromium")!.adapter, /swiftshader/i);
      });
      await t.step("TypeScript accepts its declarations, with the DOM and without", async () => {
        await check(cwd, { module: "ESNext", moduleResolution: "bundler", lib: ["ES2022", "DOM"] });
        await check(cwd, { module: "Node16", moduleResolution: "Node16", lib: ["ES2022"] });
      });
      await t.step("esbuild drops what the README's network does not use", async () => {
        const { outputFiles, warnings } = await esbuild.build({
          entryPoints: [`${cwd}/xor.js`],
          bundle: true,
          minify: true,
          format: "esm",
          write: false,
        });
        await esbuild.stop();
        const [{ text }] = outputFiles;
        assert.deepEqual(warnings, []);
        assert.equal(UNUSED.exec(text)?.[0], undefined);
        const bytes = await gzipBytes(text);
        assert.ok(bytes < MOST_BYTES, `${bytes} bytes`);
      });
    });
  },
});
