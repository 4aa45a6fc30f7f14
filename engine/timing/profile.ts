/** How long each dispatch of a program takes on the GPU. */
import { EngineError } from "../errors.ts";
import { timestampTick } from "./timestamps.ts";
import { copyStaged, dispatch, type OpenRun } from "../plan/schedule.ts";

/**
 * Runs a program once with every dispatch in a separate pass between two GPU timestamps.
 *
 * @returns milliseconds per dispatch, in the order of {@linkcode Program.dispatches}.
 * @throws {EngineError} when the device was opened without timestamps, or its timestamps do not agree with the wall clock.
 */
export async function profile<Inputs>(
  program: { begin(inputs: Inputs): OpenRun },
  inputs: Inputs,
): Promise<number[]> {
  const { device, stages, encoder, check } = program.begin(inputs);
  const { nanoseconds } = await timestampTick(device);
  check();
  if (nanoseconds === undefined) throw new EngineError("The timestamps of this adapter cannot be trusted");
  const count = stages.reduce((sum, { launches }) => sum + launches.length, 0);
  const owned: { destroy(): void }[] = [];
  const own = <R extends { destroy(): void }>(resource: R): R => {
    owned.push(resource);
    return resource;
  };
  try {
    const staging = device.attempt("Cannot profile the program", () => {
      const querySet = own(device.gpu.createQuerySet({ type: "timestamp", count: 2 * count }));
      const resolved = own(device.gpu.createBuffer({
        size: 16 * count,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      }));
      const staging = own(device.gpu.createBuffer({
        size: 16 * count,
        usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
      }));
      let query = 0;
      for (const { copies, launches } of stages) {
        copyStaged(encoder, copies);
        for (const launch of launches) {
          const pass = encoder.beginComputePass({
            timestampWrites: {
              querySet,
              beginningOfPassWriteIndex: query++,
              endOfPassWriteIndex: query++,
            },
          });
          dispatch(pass, launch);
          pass.end();
        }
      }
      encoder.resolveQuerySet(querySet, 0, 2 * count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * count);
      device.gpu.queue.submit([encoder.finish()]);
      return staging;
    });
    return await device.readBack(staging, (range) => {
      const times = new BigUint64Array(range);
      return Array.from({ length: count }, (_, i) => {
        const [start = 0n, end = 0n] = times.subarray(2 * i);
        // A counter that began anew in between says nothing.
        return end < start ? 0 : Number(end - start) * nanoseconds / 1e6;
      });
    });
  } finally {
    for (const resource of owned) resource.destroy();
  }
}
