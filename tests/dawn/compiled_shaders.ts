/** What Dawn compiles for devices, and what its compiler Tint says of it. */
import type { Device } from "../../engine/mod.ts";

/** The shaders of all watched devices. */
export class CompiledShaders {
  /** The sources of the kernels that pipelines were made of, as the engine has them. */
  readonly sources = new Set<string>();
  /** The whole texts. */
  readonly texts = new Set<string>();
  readonly #messages: Promise<readonly string[]>[] = [];

  /** Notes from now on what a device compiles. */
  watch({ gpu, pipelines }: Device): void {
    const pipeline = pipelines.pipeline.bind(pipelines);
    pipelines.pipeline = (dispatch, storages) => {
      const made = pipeline(dispatch, storages);
      this.sources.add(dispatch.source);
      return made;
    };
    const createShaderModule = gpu.createShaderModule.bind(gpu);
    gpu.createShaderModule = (descriptor) => {
      const module = createShaderModule(descriptor);
      if (!this.texts.has(descriptor.code)) this.#messages.push(messagesOf(module, descriptor));
      this.texts.add(descriptor.code);
      return module;
    };
  }

  /** What Tint reports of the texts since the last call: errors, warnings and remarks. */
  async messages(): Promise<string[]> {
    return (await Promise.all(this.#messages.splice(0))).flat();
  }
}

async function messagesOf(module: GPUShaderModule, { label, code }: GPUShaderModuleDescriptor) {
  const { messages } = await module.getCompilationInfo();
  const lines = code.split("\n");
  return messages.map(({ type, message, lineNum }) => `${label}: ${type}: ${message}: ${lines[lineNum - 1]}`);
}
