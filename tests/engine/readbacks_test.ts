/** Runs whose outputs come back together. */
import assert from "node:assert/strict";
import { affine, Device, f32, Program, sum } from "../../engine/mod.ts";
import { watchGpu } from "./watch_gpu.ts";

async function doubling(device: Device) {
  return await Program.record(
    device,
    { x: f32([2, 3]) },
    ({ x }) => ({ y: affine(x, 2, 0), total: sum(x) }),
    {
      together: 8,
    },
  );
}

const input = (value: number) => ({ x: new Float32Array(6).fill(value) });

Deno.test("Announced runs come back in order with their own outputs, in fewer waits than there are runs", async () => {
  const device = await Device.open();
  const program = await doubling(device);
  const watch = watchGpu(device.gpu);
  let waits = 0;
  const { readBack } = device;
  device.readBack = function <T>(buffer: GPUBuffer, read: (bytes: ArrayBuffer) => T) {
    waits++;
    return readBack.call(device, buffer, read) as Promise<T>;
  };
  const came: number[] = [];
  const runs: Promise<void>[] = [];
  for (let i = 0; i < 40; i++) {
    const { outputs } = await program.submit(input(i), { more: i < 39 });
    runs.push(outputs.then(({ y, total }) => {
      assert.deepEqual([...y], Array(6).fill(2 * i));
      assert.deepEqual([...total], [6 * i]);
      came.push(i);
    }));
  }
  await Promise.all(runs);
  assert.deepEqual(came, Array.from({ length: 40 }, (_, i) => i));
  assert.equal(watch.calls.get("submit"), 40);
  assert.ok(waits < 20, `${waits} waits`);
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("A run that was announced and does not follow is not waited for", async () => {
  const device = await Device.open();
  const program = await doubling(device);
  for (let i = 0; i < 6; i++) await program.run(input(i)); // By now many would share a wait.
  const { outputs } = await program.submit(input(7), { more: true });
  assert.deepEqual([...(await outputs).total], [42]);
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("Runs of several callers share slots and get their own outputs", async () => {
  const device = await Device.open();
  const program = await doubling(device);
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const { outputs } = await program.submit(input(i), { more: i % 3 !== 0 });
    assert.deepEqual([...(await outputs).total], [6 * i]);
  }));
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("Where a wait fails, every run that shares it says so, and the next ones are right", async () => {
  const device = await Device.open();
  const program = await doubling(device);
  for (let i = 0; i < 6; i++) await program.run(input(i));
  const { readBack } = device;
  device.readBack = () => Promise.reject(new Error("a broken way back"));
  const lost: Promise<unknown>[] = [];
  for (let i = 0; i < 3; i++) {
    const { outputs } = await program.submit(input(i), { more: i < 2 });
    lost.push(assert.rejects(outputs, /a broken way back/));
  }
  await program.submit(input(4)); // Nobody waits for its outputs, nor hears that they are lost.
  await Promise.all(lost);
  device.readBack = readBack;
  assert.deepEqual([...(await program.run(input(5))).total], [30]);
  for (const owner of [program, device]) owner.destroy();
});

Deno.test("A program that is destroyed leaves no run waiting for ever", async () => {
  const device = await Device.open();
  const program = await doubling(device);
  for (let i = 0; i < 6; i++) await program.run(input(i));
  const { outputs } = await program.submit(input(1), { more: true });
  program.destroy();
  await outputs.then(({ total }) => assert.deepEqual([...total], [6]), () => {});
  device.destroy();
});
