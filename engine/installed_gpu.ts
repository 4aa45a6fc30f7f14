/** WebGPU where the runtime has none: Dawn, the one of Chromium, from npm's package `webgpu`, in Node and Bun. */

/** What npm's package `webgpu` exports. */
interface Dawn {
  create(flags: string[]): GPU;
  /** `GPUBufferUsage` and other names that WebGPU defines globally. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/** One for all devices, kept forever: Dawn's devices die with it. */
let opened: Promise<GPU> | undefined;

/**
 * WebGPU from the package `webgpu`, if it is installed. Also defines WebGPU's global names, as the package's manual asks.
 *
 * @throws {Error} the runtime's, when the package is not found or does not load.
 */
export function installedGpu(): Promise<GPU> {
  return opened ??= load("index.js").catch((error) => {
    opened = undefined;
    throw error;
  });
}

/** The file is an argument so that no bundler looks for the package: browsers do not need it. */
async function load(file: string): Promise<GPU> {
  const { create, globals }: Dawn = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ `webgpu/${file}`
  );
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
  }
  return create([]);
}
