/** Counts what a device is asked for: calls by name, and the bytes of buffers and textures not destroyed yet. */

const WATCHED = [
  "createBuffer",
  "createTexture",
  "createBindGroup",
  "createBindGroupLayout",
  "createPipelineLayout",
  "createComputePipeline",
  "createComputePipelineAsync",
  "createShaderModule",
] as const;

/** What was seen since the watch began. */
export interface GpuWatch {
  /** Calls by name; `submit` is the queue's. */
  readonly calls: ReadonlyMap<string, number>;
  /** Labels of buffers and textures that were created and not destroyed. */
  alive(): string[];
  /** Bytes of those; textures have 16 bytes a texel. */
  aliveBytes(): number;
  /** Forgets the calls, not the resources. */
  forgetCalls(): void;
}

/** Begins to watch: replaces the device's methods by ones that count and call on. */
export function watchGpu(gpu: GPUDevice): GpuWatch {
  const calls = new Map<string, number>();
  const alive = new Set<GPUBuffer | GPUTexture>();
  const watch = (owner: object, name: string, seen: (result: unknown) => void = () => {}) => {
    const method = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    Reflect.set(owner, name, (...args: unknown[]) => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const result = method.apply(owner, args);
      seen(result);
      return result;
    });
  };
  for (const name of WATCHED) {
    if (name !== "createBuffer" && name !== "createTexture") {
      watch(gpu, name);
      continue;
    }
    watch(gpu, name, (result) => {
      const resource = result as GPUBuffer | GPUTexture;
      alive.add(resource);
      const destroy = resource.destroy;
      resource.destroy = () => {
        alive.delete(resource);
        return destroy.call(resource);
      };
    });
  }
  watch(gpu.queue, "submit");
  return {
    calls,
    alive: () => [...alive].map((resource) => resource.label),
    aliveBytes: () => [...alive].reduce((sum, resource) => sum + bytesOf(resource), 0),
    forgetCalls: () => calls.clear(),
  };
}

function bytesOf(resource: GPUBuffer | GPUTexture): number {
  return "size" in resource ? resource.size : resource.width * resource.height * 16;
}
