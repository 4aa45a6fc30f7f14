import assert from "node:assert/strict";
import { backendOf } from "../../cli/adapter_report.ts";

const SCRIPT = new URL("../../cli/doctor.ts", import.meta.url).pathname;

/** Runs the command with the one permission that it needs. */
async function doctor(args: string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env=XDG_RUNTIME_DIR", SCRIPT, ...args],
    env,
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("doctor tells adapter, limits and measured speed as JSON, with leave to read one variable only", async () => {
  const { code, stdout, stderr } = await doctor(["--json"]);
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout);
  assert.notEqual(report.adapter.name, "");
  assert.equal(report.storage, report.adapter.software ? "texture" : "buffer");
  assert.ok(report.limits.maxStorageBufferBindingSize >= 128 * 2 ** 20);
  for (const rate of ["flops", "copyBandwidth", "readBandwidth"]) {
    assert.ok(
      report.measured[rate] > 1e6 && report.measured[rate] < 1e16,
      `${rate} ${report.measured[rate]}`,
    );
  }
  if (report.features.includes("timestamp-query")) assert.ok(report.timestamps.measured > 0);
  assert.equal(report.selfTest, undefined);
  const [small, large] = report.largestBatch;
  assert.ok(small.images > large.images && large.images >= 1);
  assert.equal(stderr.includes("This is a software adapter: the CPU does the work"), report.adapter.software);
});

Deno.test("doctor prints the same as text and measures nothing with --no-measure", async () => {
  const { code, stdout } = await doctor(["--no-measure"]);
  assert.equal(code, 0);
  assert.match(stdout, /^Adapter +\S.*, through /);
  assert.match(stdout, /maxStorageBufferBindingSize +\d+ MiB +largest tensor in a buffer/);
  assert.doesNotMatch(stdout, /Measured/);
});

Deno.test("doctor names what to install and exits with 1 where there is no adapter", async () => {
  const none = {
    VK_DRIVER_FILES: "/nonexistent",
    VK_ICD_FILENAMES: "/nonexistent",
    DENO_WEBGPU_BACKEND: "vulkan",
  };
  const { code, stdout, stderr } = await doctor([], none);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /No WebGPU adapter was found/);
  for (const system of ["Linux", "macOS", "Windows"]) assert.ok(stderr.includes(`\n${system}: `), system);
  const asJson = await doctor(["--json"], none);
  assert.equal(asJson.code, 1);
  assert.equal(JSON.parse(asJson.stdout).adapter, null);
});

Deno.test("doctor explains itself with --help and refuses unknown flags with the nearest one", async () => {
  const help = await doctor(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /Usage: deno task doctor/);
  const typo = await doctor(["--jsno"]);
  assert.equal(typo.code, 2);
  assert.match(typo.stderr, /Unknown flag --jsno; did you mean --json\?/);
});

Deno.test("backendOf() tells OpenGL from Vulkan on Linux by the texture formats that they offer", () => {
  assert.equal(backendOf("linux", ["bgra8unorm-storage", "shader-f16"]), "Vulkan");
  assert.equal(backendOf("linux", ["timestamp-query"]), "OpenGL");
  assert.equal(backendOf("darwin", []), "Metal");
});
