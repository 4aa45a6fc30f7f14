import assert from "node:assert/strict";
import { PROFILES } from "../../bench/plan/profiles.ts";
import { StubGpu } from "../../bench/plan/stub_gpu.ts";
import { Device, failedTests, selfTest, type SelfTestResult } from "../../engine/mod.ts";
import { checkAdapter } from "../../train/checked_adapter.ts";
import { RunError } from "../../train/errors.ts";

/** The GPU of a laptop whose kernels compute nothing: all that is read back is zero. */
function openBroken(): Promise<Device> {
  return Device.open({ gpu: new StubGpu(PROFILES.laptop) });
}

Deno.test("an adapter that computes nothing fails every test", async () => {
  using device = await openBroken();
  const results = await selfTest(device);
  assert.deepEqual(results.filter(({ passed }) => passed), []);
  assert.deepEqual(results.filter(({ required }) => !required).map(({ name }) => name), [
    "NaN through ReLU6",
  ]);
  assert.equal(failedTests(results).length, results.length - 1);
});

Deno.test("a GPU is tested before it is used, refused where it fails, and not tested again where it passed", async () => {
  const folder = `${await Deno.makeTempDir()}/kernels`;
  using device = await openBroken();
  const good: SelfTestResult = {
    name: "a sum",
    error: 0,
    tolerance: 1,
    repeatable: true,
    passed: true,
    required: true,
  };
  let tested = 0;
  const giving = (...results: SelfTestResult[]) => ({
    test: () => Promise.resolve((tested++, results)),
  });
  const refused = (pattern: RegExp) => (error: Error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, pattern);
    assert.deepEqual(error.remedies, [{ kind: "self-test" }]);
    return true;
  };
  await assert.rejects(
    checkAdapter(device, folder, giving(good, { ...good, error: 3, passed: false })),
    refused(
      /^NVIDIA GeForce RTX 4060 Laptop GPU computes wrong results.*: a sum is off by 3.0, at most 1 is right/,
    ),
  );
  await assert.rejects(
    checkAdapter(device, folder, giving({ ...good, repeatable: false, passed: false })),
    refused(/: a sum differs from run to run\./),
  );
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  await checkAdapter(device, folder, giving(good, { ...good, passed: false, required: false }));
  await checkAdapter(device, folder, giving({ ...good, passed: false }));
  assert.equal(tested, 3);
  using other = await Device.open({ gpu: new StubGpu(PROFILES.m2) });
  await assert.rejects(checkAdapter(other, folder, giving({ ...good, passed: false })), RunError);
  using software = await Device.open({ gpu: new StubGpu(PROFILES.software) });
  await checkAdapter(software, folder, giving({ ...good, passed: false }));
  await Deno.remove(folder, { recursive: true });
});
