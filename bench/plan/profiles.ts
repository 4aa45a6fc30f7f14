/** Adapters that a plan can be made for: what they offer, and how fast they are on paper. */
import type { AdapterReport } from "../../cli/adapter_report.ts";
import type { Peaks } from "../../engine/mod.ts";
import { WORKGROUP } from "../../kernels/mod.ts";
import type { StubAdapter } from "./stub_gpu.ts";

/** An adapter on paper. */
export interface Profile extends StubAdapter {
  /** What it stands for. */
  readonly title: string;
  /** Processor cores; a software adapter divides work among them. */
  readonly cores: number;
  /** Rates that bound every kernel, and the cost of a dispatch. */
  readonly peaks: Peaks;
  /** Threads of a dispatch from which on memory and arithmetic reach their rates. */
  readonly threads: number;
  /** Bytes a second from the GPU to the host, and back. */
  readonly bus: number;
}

/** Of a bus that is not measured: PCIe 4.0 with 8 lanes. */
const BUS = 16e9;

/** Warps of 32 threads with which a multiprocessor hides the time of its loads. */
const WARPS = 8;

/** `count` multiprocessors with {@link WARPS} warps each. */
function multiprocessors(count: number): number {
  return count * WARPS * 32;
}

/** What a dispatch on a GPU is assumed to take when it waits for the one before: 5 microseconds. */
const GPU_DISPATCH = 0.005;

/** Rates from a data sheet: GFLOP/s in f32, GB/s. */
function rated(gigaFlops: number, gigaBytes: number): Peaks {
  const bandwidth = 1e9 * gigaBytes;
  return {
    flops: 1e9 * gigaFlops,
    copyBandwidth: bandwidth,
    readBandwidth: bandwidth,
    stagingBandwidth: undefined,
    waitFloor: 0,
    dispatchCost: GPU_DISPATCH,
  };
}

/** What GPUs offer through Vulkan, Metal and Direct3D 12 beyond the default limits, as far as the engine cares. */
const GPU_LIMITS = {
  maxTextureDimension2D: 16384,
  maxStorageBuffersPerShaderStage: 16,
  maxStorageTexturesPerShaderStage: 8,
  maxStorageBufferBindingSize: 2 ** 31 - 4,
  maxBufferSize: 2 ** 32,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
};

/** Of Mesa 22's llvmpipe, read on a machine without a GPU. */
const LLVMPIPE_LIMITS = {
  maxTextureDimension2D: 16384,
  maxStorageBuffersPerShaderStage: 32,
  maxStorageTexturesPerShaderStage: 36,
  maxBufferSize: 2 ** 31 - 1,
  maxComputeWorkgroupStorageSize: 32768,
  maxComputeInvocationsPerWorkgroup: 1024,
};

const GPU_FEATURES = ["timestamp-query", "shader-f16", "subgroups"];

/**
 * The profiles by name. Rates are those of data sheets, and costs of a dispatch are assumptions, except for `software`,
 * whose figures were measured (docs/performance.md).
 */
export const PROFILES = {
  default: {
    title: "a browser's WebGPU: default limits, with the rates of an RTX 4060 Laptop",
    description: "GPU with default limits",
    limits: {},
    features: [],
    cores: 8,
    peaks: rated(11_610, 256),
    threads: multiprocessors(24),
    bus: BUS,
  },
  laptop: {
    title: "GeForce RTX 4060 Laptop: 24 multiprocessors, 11.6 TFLOP/s, 256 GB/s",
    description: "NVIDIA GeForce RTX 4060 Laptop GPU",
    limits: GPU_LIMITS,
    features: GPU_FEATURES,
    cores: 8,
    peaks: rated(11_610, 256),
    threads: multiprocessors(24),
    bus: BUS,
  },
  m2: {
    title: "Apple M2: 10 cores, 3.6 TFLOP/s, 100 GB/s",
    description: "Apple M2",
    limits: GPU_LIMITS,
    features: GPU_FEATURES,
    cores: 8,
    peaks: rated(3_600, 100),
    threads: multiprocessors(10),
    bus: 100e9, // The memory is shared.
  },
  server: {
    title: "H100 SXM: 132 multiprocessors, 66.9 TFLOP/s, 3,350 GB/s",
    description: "NVIDIA H100 80GB HBM3",
    limits: GPU_LIMITS,
    features: GPU_FEATURES,
    cores: 16,
    peaks: rated(66_900, 3_350),
    threads: multiprocessors(132),
    bus: 64e9, // PCIe 5.0 with 16 lanes.
  },
  software: {
    title: "llvmpipe on two cores: tensors in textures, 66 GFLOP/s, 20 GB/s",
    description: "llvmpipe",
    limits: LLVMPIPE_LIMITS,
    features: ["timestamp-query", "shader-f16"],
    cores: 2,
    peaks: { ...rated(66, 20), copyBandwidth: 12e9, dispatchCost: 0.013 },
    threads: 2 * WORKGROUP,
    bus: 12e9,
  },
} as const satisfies Record<string, Profile>;

/** The name of a profile. */
export type ProfileName = keyof typeof PROFILES;

/**
 * The profile of a real adapter.
 *
 * @param report what `doctor --json` printed.
 * @throws {Error} when it is no such report, or has no measured rates.
 */
export function profileOf(report: unknown): Profile {
  const { adapter, features, limits, parallelism, measured } = report as Partial<AdapterReport>;
  if (!adapter || !features || !limits || !parallelism) throw new Error("it is no report on an adapter");
  if (!measured) throw new Error("its adapter was not measured");
  const rates = [measured.flops, measured.copyBandwidth, measured.readBandwidth, measured.dispatchCost];
  if (!rates.every((rate) => rate > 0)) throw new Error("a measured rate is missing");
  return {
    title: adapter.name,
    description: adapter.name,
    limits,
    features,
    cores: navigator.hardwareConcurrency,
    peaks: measured,
    threads: parallelism,
    bus: BUS,
  };
}
