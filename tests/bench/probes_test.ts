import assert from "node:assert/strict";
import { Device, DispatchTimer, leastMilliseconds, median, type Peaks } from "../../engine/mod.ts";
import { copyProbe, fmaProbe, type ProbeOrder, readProbe } from "../../kernels/mod.ts";

const LENGTH4 = 4096;
const THREADS = 256;

for (const storage of ["buffer", "texture"] as const) {
  for (const order of ["by-thread", "by-workgroup"] satisfies ProbeOrder[]) {
    Deno.test(`the copy probe copies everything and the read probe reads everything, ${order}, in ${storage}s`, async () => {
      const device = await Device.open({ storage });
      const values = Float32Array.from({ length: 4 * LENGTH4 }, (_, i) => (i * 7919) % 1009);
      const x = { shape: [LENGTH4, 4], values };
      const copy = await DispatchTimer.make(device, copyProbe(LENGTH4, order), { x, y: [LENGTH4, 4] });
      const read = await DispatchTimer.make(device, readProbe(LENGTH4, THREADS, order), {
        x,
        y: [THREADS, 4],
      });
      try {
        await copy.run(2);
        assert.deepEqual(await copy.read("y"), values);
        await read.run(2);
        const sum = (numbers: Float32Array) => numbers.reduce((total, value) => total + value, 0);
        assert.equal(sum(await read.read("y")), sum(values));
      } finally {
        copy.destroy();
        read.destroy();
        device.destroy();
      }
    });
  }
}

Deno.test("the multiply-add probe does as many turns as it counts", async () => {
  const device = await Device.open();
  const rounds = 3;
  const probe = fmaProbe(64, rounds);
  // With scale 1 every turn adds the shift, so the result tells the number of turns.
  const seed = { shape: [4], storage: "uniform", values: [1, 1, 0, 0] } as const;
  const timer = await DispatchTimer.make(device, probe, { seed, y: [64, 4] });
  try {
    await timer.run(1);
    const [first] = await timer.read("y");
    const turns = (first - 3 - 3) / 3; // Three chains that begin at 1, 2 and 3.
    assert.equal(turns, 16 * rounds);
    assert.equal(probe.cost.flops, 64 * turns * 3 * 4 * 2);
  } finally {
    timer.destroy();
    device.destroy();
  }
});

Deno.test("a dispatch's operands must be named and must fit the adapter", async () => {
  const device = await Device.open();
  try {
    await assert.rejects(
      DispatchTimer.make(device, copyProbe(LENGTH4, "by-thread"), { x: [LENGTH4, 4] }),
      /operand is given for y/,
    );
    const huge = { x: [LENGTH4, 4], y: [2 ** 40, 4] };
    await assert.rejects(DispatchTimer.make(device, copyProbe(LENGTH4, "by-thread"), huge), {
      name: "LimitError",
    });
  } finally {
    device.destroy();
  }
});

Deno.test("leastMilliseconds() is the longer of computing and moving, reading and writing at their own rates", () => {
  const peaks: Peaks = {
    flops: 1e9,
    copyBandwidth: 1e9,
    readBandwidth: 2e9,
    stagingBandwidth: undefined,
    waitFloor: 0,
    dispatchCost: 0,
  };
  assert.equal(leastMilliseconds({ flops: 1e9, bytesRead: 0, bytesWritten: 0 }, peaks), 1000);
  assert.equal(leastMilliseconds({ flops: 0, bytesRead: 2e9, bytesWritten: 0 }, peaks), 1000);
  assert.equal(leastMilliseconds({ flops: 0, bytesRead: 1e9, bytesWritten: 1e9 }, peaks), 2000);
  assert.equal(leastMilliseconds({ flops: 5e9, bytesRead: 1e9, bytesWritten: 1e9 }, peaks), 5000);
});

Deno.test("median() is the middle, or between the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});
