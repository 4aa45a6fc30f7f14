import assert from "node:assert/strict";
import { PROFILES } from "../../bench/plan/profiles.ts";
import { StubGpu } from "../../bench/plan/stub_gpu.ts";
import { tickInWords } from "../../cli/adapter_report.ts";
import { Device, exp, f32, Program } from "../../engine/mod.ts";
import { profile } from "../../engine/timing/profile.ts";
import { measureTick, roundedTick } from "../../engine/timing/timestamps.ts";

/** A device on which a dispatch takes half a millisecond, and its own clock. */
async function slowDevice(tick: number) {
  const gpu = new StubGpu({ ...PROFILES.laptop, dispatchMilliseconds: 0.5, tick });
  return { gpu, device: await Device.open({ gpu, timestamps: true }) };
}

for (const tick of [1, 10, 1000 / 19.2]) {
  Deno.test(`timestamps that count ticks of ${tick} ns are measured as that`, async () => {
    const { gpu, device } = await slowDevice(tick);
    // The wall sees 2 ms of other things each time it is read.
    const found = await measureTick(device, () => gpu.milliseconds += 2);
    assert.equal(found.nanoseconds, tick);
    assert.ok(Math.abs(found.measured / tick - 1) < 0.05, `${found.measured}`);
    device.destroy();
  });
}

Deno.test("a tick that no GPU has is not trusted, and the message says so", () => {
  for (const measured of [0.4, 3, 1000, NaN, Infinity]) {
    assert.equal(roundedTick(measured).nanoseconds, undefined, `${measured}`);
  }
  assert.equal(roundedTick(0.9).nanoseconds, 1);
  assert.equal(roundedTick(8).nanoseconds, 10);
  assert.equal(roundedTick(84).nanoseconds, 1000 / 12);
  assert.match(tickInWords(roundedTick(3)), /cannot be trusted: a tick is 3.00 ns by the wall clock/);
  assert.match(tickInWords(roundedTick(53)), /is 52.08 ns \(53.0 ns/);
});

Deno.test("a profile is in milliseconds, whatever the timestamps count", async () => {
  const { device } = await slowDevice(1);
  // The wall runs at the adapter's speed only in the test above; here a real one must agree with it.
  const program = await Program.record(device, { x: f32([8]) }, ({ x }) => ({ y: exp(x) }));
  await assert.rejects(profile(program, { x: new Float32Array(8) }), /cannot be trusted/);
  device.destroy();
  const real = await Device.open({ timestamps: true });
  const small = await Program.record(real, { x: f32([8]) }, ({ x }) => ({ y: exp(x) }));
  const [milliseconds] = await profile(small, { x: new Float32Array(8) });
  assert.ok(milliseconds >= 0 && milliseconds < 1000, `${milliseconds}`);
  real.destroy();
});
