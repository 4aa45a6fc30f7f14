/** The pipelines of a device: each is compiled once and used by every program. */
import { type Dispatch, precisionOf, shaderText, type Storage, textureFormat } from "../kernels/mod.ts";
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
  ) {}

  /** The pipeline of a dispatch whose bindings are stored as given; made once per text and constants. */
  pipeline(dispatch: Dispatch, storages: readonly Storage[]): GPUComputePipeline {
    const code = shaderText(dispatch, storages);
    const label = `${dispatch.kernel} ${JSON.stringify(dispatch.constants)}`;
    return once(this.#pipelines, code + JSON.stringify(dispatch.constants), () => {
      const module = once(
        this.#modules,
        code,
        () => this.gpu.createShaderModule({ label: dispatch.kernel, code }),
      );
      return this.gpu.createComputePipeline({
        label,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(dispatch, storages)] }),
        compute: { module, constants: { ...dispatch.constants } },
      });
    });
  }

  /** The bind group layout of a dispatch whose bindings are stored as given. */
  layout({ kernel, bindings }: Dispatch, storages: readonly Storage[]): GPUBindGroupLayout {
    const key = bindings.map((b, i) => `${b.access} ${storages[i]}`).join();
    return once(this.#layouts, key, () =>
      this.gpu.createBindGroupLayout({
        label: kernel,
        entries: bindings.map(({ access }, i) => layoutEntry(i, access === "read", itemAt(storages, i))),
      }));
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
