/** The pipelines of a device: each is compiled once, used by every program, and freed with the last of them. */
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

/** Pipelines that are kept although no program uses them. */
const RECENT = 16;

/**
 * Shader modules, layouts and pipelines by what decides them. They live as long as programs refer to them, and the
 * latest a while longer: WebGPU has no way to destroy them, and frees what JavaScript's garbage collector finds unused.
 */
export class Pipelines {
  readonly #modules = new Shared<GPUShaderModule>();
  readonly #layouts = new Shared<GPUBindGroupLayout>();
  readonly #pipelines = new Shared<GPUComputePipeline>();
  /** Those that were asked for last, the latest at the end: the next program is often like the one before. */
  readonly #recent = new Set<GPUComputePipeline>();
  /** What a pipeline was made of lives as long, for the next one. */
  readonly #madeOf = new WeakMap<GPUComputePipeline, readonly [GPUShaderModule, GPUBindGroupLayout]>();
  #ofAllShapes: Pipelines | undefined;

  /** Starts empty. */
  constructor(
    /** The device that compiles. */
    readonly gpu: GPUDevice,
    /** How constants reach its shaders. */
    readonly constants: ConstantsKind,
  ) {}

  /**
   * Those whose shapes come in a uniform, so that programs of several shapes share them. On a software adapter one more size
   * of a small network then takes a twentieth of the time to record (42 ms in place of 900), and its runs take as long.
   */
  get ofAllShapes(): Pipelines {
    if (this.constants === "uniform") return this;
    return this.#ofAllShapes ??= new Pipelines(this.gpu, "uniform");
  }

  /** The pipeline of a dispatch whose bindings are stored as given; made once per text, and per shape with overrides. */
  pipeline(dispatch: Dispatch, storages: readonly Storage[]): GPUComputePipeline {
    const label = dispatch.kernel;
    const code = shaderText(dispatch, storages, this.constants);
    const constants = this.constants === "override" ? dispatch.constants : {};
    const pipeline = this.#pipelines.get(code + JSON.stringify(constants), () => {
      const layout = this.layout(dispatch, storages);
      const module = this.#modules.get(code, () => this.gpu.createShaderModule({ label, code }));
      const pipeline = this.gpu.createComputePipeline({
        label,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, constants: { ...constants } },
      });
      this.#madeOf.set(pipeline, [module, layout]);
      return pipeline;
    });
    this.#recent.delete(pipeline);
    this.#recent.add(pipeline);
    for (const oldest of this.#recent) {
      if (this.#recent.size <= RECENT) break;
      this.#recent.delete(oldest);
    }
    return pipeline;
  }

  /** The bind group layout of a dispatch whose bindings are stored as given; a uniform of constants is bound last. */
  layout(dispatch: Dispatch, storages: readonly Storage[]): GPUBindGroupLayout {
    const { kernel, bindings } = dispatch;
    const used = bindings.map(({ access }, i) => ({ access, storage: itemAt(storages, i) }));
    if (this.uniform(dispatch)) used.push({ access: "read", storage: "uniform" });
    const key = used.map(({ access, storage }) => `${access} ${storage}`).join();
    return this.#layouts.get(key, () =>
      this.gpu.createBindGroupLayout({
        label: kernel,
        entries: used.map(({ access, storage }, i) => layoutEntry(i, access === "read", storage)),
      }));
  }

  /** The contents of a dispatch's uniform of constants; undefined where it has none. */
  uniform(dispatch: Dispatch): ArrayBuffer | undefined {
    return this.constants === "uniform" ? constantsData(dispatch) : undefined;
  }

  /** Forgets everything: what is made while WebGPU refuses work may be invalid. */
  clear(): void {
    this.#pipelines.clear();
    this.#recent.clear();
    this.#modules.clear();
    this.#layouts.clear();
    this.#ofAllShapes?.clear();
  }
}

/** Objects by key while anything else refers to them. */
class Shared<V extends object> {
  readonly #known = new Map<string, WeakRef<V>>();
  readonly #collected = new FinalizationRegistry<string>((key) => {
    if (!this.#known.get(key)?.deref()) this.#known.delete(key);
  });

  /** The object of a key, made where there is none. */
  get(key: string, make: () => V): V {
    const known = this.#known.get(key)?.deref();
    if (known) return known;
    const made = make();
    this.#known.set(key, new WeakRef(made));
    this.#collected.register(made, key);
    return made;
  }

  clear(): void {
    this.#known.clear();
  }
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
