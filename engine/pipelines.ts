/** The pipelines of a device: each is compiled once and used by every program. */
import {
  constantsData,
  type Dispatch,
  precisionOf,
  shaderText,
  type Storage,
  textureFormat,
} from "../kernels/mod.ts";
import { itemAt } from "./item_at.ts";

/** Layouts and pipelines by what decides them. */
export class Pipelines {
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  /** Starts empty. */
  constructor(
    /** The device that compiles. */
    readonly gpu: GPUDevice,
  ) {}

  /** The pipeline of a dispatch whose bindings are stored as given; made once per text. */
  pipeline(dispatch: Dispatch, storages: readonly Storage[]): GPUComputePipeline {
    const label = dispatch.kernel;
    const code = shaderText(dispatch, storages);
    return once(this.#pipelines, code, () =>
      this.gpu.createComputePipeline({
        label,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(dispatch, storages)] }),
        compute: { module: this.gpu.createShaderModule({ label, code }) },
      }));
  }

  /** The bind group layout of a dispatch whose bindings are stored as given; its constants are bound last. */
  layout({ kernel, bindings, constants }: Dispatch, storages: readonly Storage[]): GPUBindGroupLayout {
    const used = bindings.map(({ access }, i) => ({ access, storage: itemAt(storages, i) }));
    if (Object.keys(constants).length > 0) used.push({ access: "read", storage: "uniform" });
    const key = used.map(({ access, storage }) => `${access} ${storage}`).join();
    return once(this.#layouts, key, () =>
      this.gpu.createBindGroupLayout({
        label: kernel,
        entries: used.map(({ access, storage }, i) => layoutEntry(i, access === "read", storage)),
      }));
  }

  /** Forgets everything: what is made while WebGPU refuses work may be invalid. */
  clear(): void {
    this.#pipelines.clear();
    this.#layouts.clear();
  }
}

/** A uniform buffer of a dispatch's constants; none for a dispatch without constants. */
export function constantsBuffers(gpu: GPUDevice, dispatch: Dispatch): GPUBuffer[] {
  const data = constantsData(dispatch);
  if (!data) return [];
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const buffer = gpu.createBuffer({ label: "constants", size: data.byteLength, usage });
  gpu.queue.writeBuffer(buffer, 0, data);
  return [buffer];
}

/** The value of a key, made when it is first wanted. */
function once<V>(values: Map<string, V>, key: string, make: () => V): V {
  const known = values.get(key);
  if (known) return known;
  const made = make();
  values.set(key, made);
  return made;
}

function layoutEntry(binding: number, readOnly: boolean, storage: Storage): GPUBindGroupLayoutEntry {
  const visibility = GPUShaderStage.COMPUTE;
  switch (storage) {
    case "texture":
    case "half-texture":
      return {
        binding,
        visibility,
        storageTexture: {
          access: readOnly ? "read-only" : "write-only",
          format: textureFormat(precisionOf(storage)),
        },
      };
    case "uniform":
      return { binding, visibility, buffer: { type: "uniform" } };
    case "buffer":
    case "half-buffer":
      return { binding, visibility, buffer: { type: readOnly ? "read-only-storage" : "storage" } };
    default:
      return storage satisfies never;
  }
}
