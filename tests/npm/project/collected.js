// With `node --expose-gc`: only the engine holds the GPU object, which Dawn's devices die with.
import { Device, f32, Program, relu } from "@reid/webgpu";
import { setTimeout } from "node:timers/promises";
import { create, globals } from "webgpu";

Object.assign(globalThis, globals);

/** Collects what nothing holds any more, and runs what waits for it. */
async function collect() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await setTimeout(5);
  }
}

for (const last of [false, true]) {
  const device = await Device.open({ gpu: create([]) });
  await collect();
  const program = await Program.record(device, { x: f32([4]) }, ({ x }) => ({ y: relu(x) }));
  await collect();
  const { y } = await program.run({ x: [1, -1, 2, -2] });
  if (last) console.log(JSON.stringify([...y]));
  device.destroy();
}
await collect();
