/** Compiles the kernels of a program before it runs, a few at a time, so that progress can be shown. */
import type { Device } from "../device.ts";
import type { Launch, Stage } from "./schedule.ts";

/** Milliseconds that a group of kernels should take: far less than an observer's patience, far more than a wait. */
const GROUP_MS = { least: 100, most: 400 };

/** Pipelines whose kernels have been compiled. */
const compiled = new WeakSet<GPUComputePipeline>();

/**
 * Compiles what a software adapter would compile at its first dispatch. A dispatch of no workgroups makes it compile and
 * changes nothing. Runtimes stop their thread meanwhile, so that a timer could not show that work is under way.
 *
 * @throws {GpuError} when WebGPU refuses a kernel.
 */
export async function compileKernels(device: Device, stages: readonly Stage[]): Promise<void> {
  const { onCompile } = device;
  // Without an observer there is no reason to wait; other adapters compile when a pipeline is made.
  if (onCompile === undefined || !device.adapter.software) return;
  const fresh = new Map<GPUComputePipeline, Launch>();
  for (const launch of stages.flatMap(({ launches }) => launches)) {
    if (!compiled.has(launch.pipeline)) fresh.set(launch.pipeline, launch);
  }
  const launches = [...fresh.values()];
  for (let done = 0, group = 1; done < launches.length;) {
    onCompile(done, launches.length);
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
    for (const { pipeline } of some) compiled.add(pipeline);
    done += some.length;
    const took = performance.now() - start;
    group = took < GROUP_MS.least ? 2 * group : took > GROUP_MS.most ? Math.max(1, group >> 1) : group;
  }
  if (launches.length > 0) onCompile(launches.length, launches.length);
}
