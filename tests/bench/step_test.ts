import assert from "node:assert/strict";
import { byKernel, chromeTrace, type ProfiledDispatch } from "../../bench/profile.ts";
import { convolutionOutputBytes, leastBytes, totalWork } from "../../bench/program_work.ts";
import { rooflineTable } from "../../bench/roofline_table.ts";
import { Device, exp, f32, ParameterSet, pointwiseConv, Program } from "../../engine/mod.ts";

/** A pointwise convolution of 2×4×4 pixels from 4 to 8 channels, then exp. */
async function smallProgram(device: Device) {
  const set = new ParameterSet(device);
  const weight = set.add("weight", [4, 8], new Float32Array(32).fill(0.5));
  const program = await Program.record(device, { x: f32([2, 4, 4, 4]) }, ({ x }) => {
    return { y: exp(pointwiseConv(x, weight)) };
  });
  return { set, program };
}

Deno.test("a program's work and raw convolution outputs are counted from its dispatches", async () => {
  const device = await Device.open({ storage: "texture" });
  const { set, program } = await smallProgram(device);
  try {
    const pixels = 2 * 4 * 4;
    const work = totalWork(program.dispatches);
    assert.equal(work.bytesWritten, 2 * pixels * 8 * 4);
    assert.equal(work.bytesRead, (pixels * 4 + 4 * 8 + pixels * 8) * 4);
    assert.equal(convolutionOutputBytes(program.dispatches), pixels * 8 * 4);
    assert.equal(leastBytes(100, 10, false), 210);
    assert.equal(leastBytes(100, 10, true), 600);
  } finally {
    program.destroy();
    set.destroy();
    device.destroy();
  }
});

Deno.test("a trace has an event for every dispatch, one after another, and the table a line for every kernel", async () => {
  const device = await Device.open();
  const { set, program } = await smallProgram(device);
  try {
    const profile: ProfiledDispatch[] = program.dispatches.map((recorded, i) => ({
      recorded,
      milliseconds: i + 1,
    }));
    const { traceEvents } = JSON.parse(chromeTrace({ forward: profile }));
    assert.deepEqual(traceEvents.map((event: { ph: string }) => event.ph), ["M", "X", "X"]);
    assert.deepEqual([traceEvents[1].ts, traceEvents[1].dur], [0, 1000]);
    assert.deepEqual([traceEvents[2].ts, traceEvents[2].dur], [1000, 2000]);
    assert.equal(traceEvents[1].args.w, "4×8");
    const rows = byKernel(profile);
    assert.deepEqual(rows.map((row) => row.milliseconds), [2, 1]);
    const peaks = {
      flops: 1e9,
      copyBandwidth: 1e9,
      readBandwidth: 1e9,
      stagingBandwidth: undefined,
      waitFloor: 0,
      dispatchCost: 0,
    };
    assert.equal(rooflineTable(rows, peaks).split("\n").length, 4);
  } finally {
    program.destroy();
    set.destroy();
    device.destroy();
  }
});
