/**
 * Runs programs with the kernels as the engine runs them. Each tensor is in a buffer that is longer than the tensor, and
 * the whole buffer is bound: a write past the tensor's end changes the guard behind it, and a read past the end changes
 * a result. (WebGPU clamps accesses to the bound range, so a guard outside of it could never change.)
 */
import type { Device } from "../../../engine/mod.ts";
import type { Value } from "../../../engine/value.ts";
import { constantsBuffers } from "./constants_buffers.ts";
import { initialData, type KernelFault } from "./checked_runs.ts";
import type { RandomProgram } from "./random_program.ts";

/** Bytes of the guard behind every tensor. */
const GUARD_BYTES = 1024;
/**
 * The guard behind the n-th tensor. Each tensor has other bits, because a kernel that writes past the end probably
 * writes what it read past the end. The first guard is a NaN as f32 and a large index as u32; the second is a number
 * near 1, which shows what a NaN would hide.
 */
const GUARDS: readonly ((n: number) => number)[] = [(n) => 0xffc00001 + n, (n) => 0x3f800000 + 4099 * n];

/** Runs a program once with each kind of guard; returns the guards that were written or read. */
export async function runGuarded(device: Device, program: RandomProgram): Promise<KernelFault[]> {
  const [first, second] = [await run(device, program, GUARDS[0]!), await run(device, program, GUARDS[1]!)];
  const found = [...first.faults, ...second.faults];
  for (const [value, bytes] of first.content) {
    const other = second.content.get(value)!;
    const at = bytes.findIndex((word, i) => word !== other[i]);
    if (at < 0) continue;
    const { dispatch } = program.steps.find(({ dispatch, values }) =>
      values.some((bound, i) => bound === value && dispatch.bindings[i]!.access !== "read")
    )!;
    found.push({ dispatch, text: `word ${at} of [${value.shape}] depends on what lies behind a tensor` });
    break; // Later results depend on it.
  }
  return found;
}

async function run(device: Device, { steps, data }: RandomProgram, guard: (n: number) => number) {
  const { gpu } = device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers = new Map<Value, GPUBuffer>();
  let total = 0;
  for (const value of steps.flatMap(({ values }) => values)) {
    if (buffers.has(value)) continue;
    const size = value.bytes + GUARD_BYTES;
    const buffer = gpu.createBuffer({ size, usage, mappedAtCreation: true });
    const words = new Uint32Array(buffer.getMappedRange());
    words.fill(guard(buffers.size), value.bytes / 4);
    const initial = initialData(value, data);
    if (initial) words.set(new Uint32Array(initial.buffer, initial.byteOffset, initial.length));
    buffer.unmap();
    buffers.set(value, buffer);
    total += size;
  }
  const staging = gpu.createBuffer({ size: total, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  try {
    await device.guard("Cannot run guarded kernels", () => {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const { dispatch, values } of steps) {
        const storages = values.map(() => "buffer" as const);
        pass.setPipeline(device.pipelines.pipeline(dispatch, storages));
        pass.setBindGroup(
          0,
          gpu.createBindGroup({
            layout: device.pipelines.layout(dispatch, storages),
            entries: [
              ...values.map((value) => buffers.get(value)!),
              ...constantsBuffers(gpu, device.pipelines.uniform(dispatch)),
            ].map(
              (buffer, binding) => ({ binding, resource: { buffer } }),
            ),
          }),
        );
        pass.dispatchWorkgroups(...dispatch.workgroups);
      }
      pass.end();
      let at = 0;
      for (const buffer of buffers.values()) {
        encoder.copyBufferToBuffer(buffer, 0, staging, at, buffer.size);
        at += buffer.size;
      }
      gpu.queue.submit([encoder.finish()]);
    });
    await staging.mapAsync(GPUMapMode.READ);
    const all = new Uint32Array(staging.getMappedRange()).slice();
    const faults: KernelFault[] = [];
    const content = new Map<Value, Uint32Array>();
    let at = 0;
    for (const [n, [value, buffer]] of [...buffers].entries()) {
      const [end, next] = [at + value.bytes / 4, at + buffer.size / 4];
      content.set(value, all.subarray(at, end));
      const touched = all.subarray(end, next).findIndex((word) => word !== guard(n));
      if (touched >= 0) {
        const { dispatch } = steps.findLast(({ values }) => values.includes(value))!;
        faults.push({ dispatch, text: `word ${touched} behind [${value.shape}] was written` });
      }
      at = next;
    }
    return { faults, content };
  } finally {
    for (const buffer of [staging, ...buffers.values()]) buffer.destroy();
  }
}
