/** Choosing an adapter: what to ask for, and a description of what was found. */
import type { AdapterClass, ConstantsKind } from "../kernels/mod.ts";
import { GpuError, NoAdapterError } from "./errors.ts";
import { installedGpu } from "./installed_gpu.ts";

/** How a {@link Device} is opened. */
export interface DeviceOptions {
  /** Where tensors live. `auto`: textures on software adapters but SwiftShader, buffers on real GPUs. */
  storage?: "auto" | "buffer" | "texture";
  /** Whose kernels run. `auto`: those for software adapters or for GPUs, as the adapter is. */
  kernels?: "auto" | AdapterClass;
  /**
   * How shapes reach kernels. `auto`: in a uniform for the kernels of GPUs, else compiled into a pipeline for each shape, except
   * in a program's smaller batches.
   */
  constants?: "auto" | ConstantsKind;
  /** `adapter` requests all that the adapter offers, `default` WebGPU's defaults, as a browser gives them. */
  limits?: "adapter" | "default";
  /** Request GPU timestamps, where offered; {@link Device.timestamps} says whether they were granted. */
  timestamps?: boolean;
  /** Processor cores that a software adapter computes on. By default those of this machine. */
  cores?: number;
  /** Told how many kernels of a program are compiled, of all that it needs; the first time with 0. */
  onCompile?: (done: number, total: number) => void;
  /** The source of adapters; by default `navigator.gpu`, or npm's package `webgpu` where there is none. */
  gpu?: { requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> };
}

/** An adapter in words. */
export interface AdapterDescription {
  /** The adapter's own name, such as "NVIDIA H100"; "unnamed adapter" where it gives none. */
  readonly name: string;
  /** Its maker as WebGPU reports it: a word, a number as text, or nothing. */
  readonly vendor: string;
  /** Its family of GPUs, such as "hopper"; empty where WebGPU does not report one. */
  readonly architecture: string;
  /** True where the "GPU" is a program on the CPU. */
  readonly software: boolean;
}

/** A WebGPU device, and the choices that were made for it. */
export interface OpenAdapter {
  /** Where the adapter came from. */
  readonly source: DeviceOptions["gpu"];
  readonly gpu: GPUDevice;
  readonly description: AdapterDescription;
  readonly storage: "buffer" | "texture";
  readonly kernels: AdapterClass;
  readonly constants: ConstantsKind;
  readonly timestamps: boolean;
  /** Undefined where the runtime does not tell. */
  readonly cores: number | undefined;
}

const NO_WEBGPU =
  "No WebGPU was found: this runtime has no `navigator.gpu`. In Node or Bun, `npm install webgpu` adds it. " +
  "In a browser, use a current one, and a page from https or localhost";

const NO_NAMES =
  "The names that WebGPU defines globally, such as GPUBufferUsage, are missing. Assign those that come with " +
  "the given `gpu`: Object.assign(globalThis, globals)";

const NO_ADAPTER =
  "No WebGPU adapter was found, so nothing can be computed. On Debian or Ubuntu a software " +
  "adapter comes with `apt-get install mesa-vulkan-drivers`; for a real GPU on Linux install its Vulkan driver, " +
  "on macOS and Windows update the system's graphics driver";

/** Of npm's package, which has higher demands than Deno. */
const NO_DAWN_ADAPTER =
  "No WebGPU adapter was found, so nothing can be computed: the npm package `webgpu` found no driver that it takes. On Linux " +
  "install the Vulkan driver of your GPU. Without a GPU, a software adapter comes with `apt-get install mesa-vulkan-drivers` " +
  "from Debian 13 on; older ones are refused, but the one of Chromium works: " +
  "VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json. On macOS and Windows update the system's graphics driver";

const NO_DEVICE_REMEDY = "Another program may hold the GPU or its memory; close it, or update the driver.";

/** Software adapters that read buffers faster than textures: Chromium's, by a third in a network's forward pass. */
const FAST_BUFFERS = /swiftshader/i;

/**
 * Opens the best adapter.
 *
 * @throws {NoAdapterError} when there is none, naming what to install.
 * @throws {GpuError} when the adapter's driver refuses.
 */
export async function openAdapter(options: DeviceOptions): Promise<OpenAdapter> {
  const { storage = "auto", kernels = "auto", constants = "auto", limits = "adapter" } = options;
  const native = options.gpu ?? globalThis.navigator?.gpu;
  const webgpu = native ?? await installedGpu().catch((cause: Error) => {
    throw new NoAdapterError(`${NO_WEBGPU} (${cause.message})`, { cause });
  });
  if (!("GPUBufferUsage" in globalThis)) throw new GpuError(NO_NAMES);
  const adapter = await webgpu.requestAdapter({ powerPreference: "high-performance" })
    .catch((error: Error) => {
      throw new GpuError(`No adapter could be asked for: ${error.message}. ${NO_DEVICE_REMEDY}`);
    });
  if (!adapter) {
    throw new NoAdapterError(native ? NO_ADAPTER : NO_DAWN_ADAPTER, {
      remedies: [{ kind: "inspect-adapters" }],
    });
  }
  const description = describe(adapter);
  const { name, software } = description;
  const timestamps = options.timestamps === true && adapter.features.has("timestamp-query");
  const gpu = await adapter.requestDevice({
    requiredLimits: limits === "default" ? {} : offeredLimits(adapter.limits),
    requiredFeatures: timestamps ? ["timestamp-query"] : [],
  }).catch((error: Error) => {
    throw new GpuError(`${name} could not be opened: ${error.message}. ${NO_DEVICE_REMEDY}`);
  });
  const adapterClass = kernels !== "auto" ? kernels : software ? "software" : "gpu";
  const readsTextures = software && !FAST_BUFFERS.test(name);
  return {
    source: webgpu,
    gpu,
    description,
    storage: storage !== "auto" ? storage : readsTextures ? "texture" : "buffer",
    kernels: adapterClass,
    constants: constants !== "auto" ? constants : adapterClass === "gpu" ? "uniform" : "override",
    timestamps,
    cores: options.cores ?? globalThis.navigator?.hardwareConcurrency,
  };
}

function describe(adapter: GPUAdapter): AdapterDescription {
  const info = adapter.info;
  // Browsers report less: a maker and a family of GPUs.
  const family = [info.vendor, info.architecture].filter(Boolean).join(" ");
  const name = info.description || info.device || family || "unnamed adapter";
  const software = info.isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(name);
  return { name, vendor: info.vendor, architecture: info.architecture, software };
}

/** All of an adapter's limits as a request. */
function offeredLimits(limits: GPUSupportedLimits): Record<string, number> {
  const wanted: Record<string, number> = {};
  for (const name in limits) {
    const value = (limits as unknown as Record<string, unknown>)[name];
    if (typeof value === "number") wanted[name] = value;
  }
  return wanted;
}
