/** Compiles the kernels of a program before it runs, a few at a time, so that progress can be shown. */
import type { Device } from "../device.ts";
import type { Stage } from "./schedule.ts";

/** Milliseconds that a group of kernels should take: far less than an observer's patience, far more than a wait. */
const GROUP_MS = { least: 100, most: 400 };
/** Largest group: kernels that are quick, as the driver has them in its cache, may be followed by some that are not. */
const LARGEST_GROUP = 4;

/**
 * Compiles what a software adapter would compile at its first dispatch. A dispatch of no workgroups makes it compile and
 * changes nothing. Runtimes stop their thread meanwhile, so that a timer could not show that work is under way.
 *
 * @param check throws where what a kernel is bound to was destroyed meanwhile.
 * @throws {GpuError} when WebGPU refuses a kernel.
 */
export async function compileKernels(
  device: Device,
  stages: readonly Stage[],
  check: () => void,
): Promise<void> {
  const { onCompile } = device;
  // Without an observer there is no reason to wait; other adapters compile when a pipeline is made.
  if (onCompile === undefined || !device.adapter.software) return;
  // Also those that another program has compiled: a driver compiles them again for textures of other sizes.
  const each = new Map(stages.flatMap(({ launches }) => launches).map((launch) => [launch.pipeline, launch]));
  const launches = [...each.values()];
  for (let done = 0, group = 1; done < launches.length;) {
    onCompile(done, launches.length);
    check();
    const some = launches.slice(done, done + group);
    const start = performance.now();
    device.attempt("Cannot compile the kernels", () => {
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const { pipeline, bindGroup } of some) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(0);
      }
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
    });
    await device.idle();
    done += some.length;
    const took = performance.now() - start;
    group = took < GROUP_MS.least
      ? Math.min(2 * group, LARGEST_GROUP)
      : took > GROUP_MS.most
      ? Math.max(1, group >> 1)
      : group;
  }
  if (launches.length > 0) onCompile(launches.length, launches.length);
}
