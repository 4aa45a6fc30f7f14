/** The report on this machine's adapter, as plain data: the output of `doctor --json`. */
import { type Device, type Peaks, type SelfTestResult, type Tick, timestampTick } from "../engine/mod.ts";
import { tensorBytes, TEXTURE_WIDTH, VEC4_BYTES } from "../kernels/mod.ts";
import { makeDivisible } from "../model/network_layers.ts";

/** The driver interface under WebGPU, as a guess: WebGPU does not report it. */
export type Backend = "Vulkan" | "OpenGL" | "Metal" | "Direct3D 12 or Vulkan" | "unknown";

/** The limits that matter to this program. */
export const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxTextureDimension2D",
  "maxStorageBuffersPerShaderStage",
  "maxStorageTexturesPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** A report on an adapter. */
export interface AdapterReport {
  readonly adapter: {
    readonly name: string;
    readonly vendor: string;
    readonly architecture: string;
    readonly software: boolean;
    readonly backend: Backend;
  };
  readonly runtime: { readonly deno: string; readonly os: string; readonly arch: string };
  /** The storage of tensors. */
  readonly storage: "buffer" | "texture";
  /** Optional WebGPU features that the adapter offers, sorted. */
  readonly features: readonly string[];
  readonly limits: Readonly<Record<typeof LIMITS[number], number>>;
  /** Threads that keep the adapter busy. */
  readonly parallelism: number;
  /** Bytes of the largest tensor that fits. */
  readonly largestTensor: number;
  /** Images in the largest batch whose every tensor fits, by width multiplier and image size. */
  readonly largestBatch: readonly {
    readonly width: number;
    readonly height: number;
    readonly imageWidth: number;
    readonly images: number;
  }[];
  /** Undefined if not measured. */
  readonly measured: Peaks | undefined;
  /** What a timestamp counts; undefined if not measured, or if the adapter has none. */
  readonly timestamps: Tick | undefined;
  /** Its results against the CPU's; undefined if not tested. */
  readonly selfTest: readonly SelfTestResult[] | undefined;
}

/** Networks and image sizes of `largestBatch`: the default, and the paper's full width. */
const EXAMPLES = [
  { width: 0.5, height: 128, imageWidth: 64 },
  { width: 1, height: 256, imageWidth: 128 },
] as const;

/**
 * Describes an open device and its adapter.
 *
 * @param measure measures the adapter's speed; undefined to leave that out.
 * @param test tests its results; undefined to leave that out.
 */
export async function reportAdapter(
  device: Device,
  measure: ((device: Device) => Promise<Peaks>) | undefined,
  test: ((device: Device) => Promise<SelfTestResult[]>) | undefined,
): Promise<AdapterReport> {
  const offered = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  const features = offered ? [...offered.features].sort() : [];
  const gpuLimits = device.gpu.limits;
  const limits = Object.fromEntries(LIMITS.map((name) => [name, gpuLimits[name]])) as AdapterReport["limits"];
  const largestTensor = Math.min(
    limits.maxStorageBufferBindingSize,
    limits.maxBufferSize,
    device.storage === "texture" ? limits.maxTextureDimension2D * TEXTURE_WIDTH * VEC4_BYTES : Infinity,
  );
  return {
    adapter: {
      ...device.adapter,
      vendor: vendorName(device.adapter.vendor),
      backend: backendOf(Deno.build.os, features),
    },
    runtime: { deno: Deno.version.deno, os: Deno.build.os, arch: Deno.build.arch },
    storage: device.storage,
    features,
    limits,
    parallelism: device.target.parallelism,
    largestTensor,
    largestBatch: EXAMPLES.map((example) => ({
      ...example,
      images: Math.floor(largestTensor / largestActivation(example)),
    })),
    measured: await measure?.(device),
    timestamps: measure && device.timestamps ? await timestampTick(device) : undefined,
    selfTest: await test?.(device),
  };
}

/** What a tick of the adapter's timestamps is, and whether it is used. */
export function tickInWords({ nanoseconds, measured }: Tick): string {
  const wall = `${measured.toPrecision(3)} ns by the wall clock`;
  return nanoseconds === undefined
    ? `The adapter's timestamps cannot be trusted: a tick is ${wall}, which no GPU has. Times are those of the wall clock.`
    : `A tick of the adapter's timestamps is ${Number(nanoseconds.toPrecision(4))} ns (${wall}).`;
}

/** Bytes of an image's largest activation: the output of the second block's expansion. */
function largestActivation({ width, height, imageWidth }: typeof EXAMPLES[number]): number {
  return tensorBytes([height / 2, imageWidth / 2, 6 * makeDivisible(16 * width)]);
}

/** On Linux only Vulkan has bgra8unorm storage textures; on other systems the operating system decides. */
export function backendOf(os: string, features: readonly string[]): Backend {
  if (os === "darwin") return "Metal";
  if (os === "windows") return "Direct3D 12 or Vulkan";
  if (os !== "linux") return "unknown";
  return features.includes("bgra8unorm-storage") ? "Vulkan" : "OpenGL";
}

/** PCI and Khronos numbers of the most common vendors. */
const VENDORS: Readonly<Record<number, string>> = {
  0x1002: "AMD",
  0x1010: "Imagination",
  0x106b: "Apple",
  0x10005: "Mesa",
  0x10de: "NVIDIA",
  0x13b5: "ARM",
  0x1414: "Microsoft",
  0x1ae0: "Google",
  0x5143: "Qualcomm",
  0x8086: "Intel",
};

/** The name of a vendor: WebGPU gives a name, or a number as text, or nothing. */
function vendorName(vendor: string): string {
  return VENDORS[Number(vendor)] ?? vendor;
}
