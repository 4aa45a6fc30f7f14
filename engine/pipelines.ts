/** The pipelines of a device: each is compiled once and used by every program. */
import {
  constantsData,
  type ConstantsKind,
  type Dispatch,
  precisionOf,
  shaderText,
  type Storage,
  textureFormat,
} from "../kernels/mod.ts";
import { itemAt } from "./item_at.ts";

/** Shader modules, layouts and pipelines by what decides them. */
export class Pipelines {
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #pipelines = new Map<string, GPUComputePipeline>();

  /** Starts empty. */
  constructor(
    /** The device that compiles. */
    readonly gpu: GPUDevice,
    /** How constants reach its shaders. */
    readonly constants: ConstantsKind,
  ) {}

  /** The pipeline of a dispatch whose bindings are stored as given; made once per text, and per shape with overrides. */
  pipeline(dispatch: Dispatch, storages: readonly Storage[]): GPUComputePipeline {
    const label = dispatch.kernel;
    const code = shaderText(dispatch, storages, this.constants);
    const constants = this.constants === "override" ? dispatch.constants : {};
    return once(this.#pipelines, code + JSON.stringify(constants), () =>
      this.gpu.createComputePipeline({
        label,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(dispatch, storages)] }),
        compute: {
          module: once(this.#modules, code, () => this.gpu.createShaderModule({ label, code })),
          constants: { ...constants },
        },
      }));
  }

  /** The bind group layout of a dispatch whose bindings are stored as given; a uniform of constants is bound last. */
  layout(dispatch: Dispatch, storages: readonly Storage[]): GPUBindGroupLayout {
    const { kernel, bindings } = dispatch;
    const used = bindings.map(({ access }, i) => ({ access, storage: itemAt(storages, i) }));
    if (this.uniform(dispatch)) used.push({ access: "read", storage: "uniform" });
    const key = used.map(({ access, storage }) => `${access} ${storage}`).join();
    return once(this.#layouts, key, () =>
      this.gpu.createBindGroupLayout({
        label: kernel,
        entries: used.map(({ access, storage }, i) => layoutEntry(i, access === "read", storage)),
      }));
  }

  /** The contents of a dispatch's uniform of constants; undefined where it has none. */
  uniform(dispatch: Dispatch): ArrayBuffer | undefined {
    return this.constants === "uniform" ? constantsData(dispatch) : undefined;
  }

  /** A new buffer of {@link uniform}; none where there is no uniform. */
  uniformBuffers(dispatch: Dispatch): GPUBuffer[] {
    const data = this.uniform(dispatch);
    if (!data) return [];
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.gpu.createBuffer({ label: "constants", size: data.byteLength, usage });
    this.gpu.queue.writeBuffer(buffer, 0, data);
    return [buffer];
  }

  /** Forgets everything: what is made while WebGPU refuses work may be invalid. */
  clear(): void {
    this.#pipelines.clear();
    this.#modules.clear();
    this.#layouts.clear();
  }
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
