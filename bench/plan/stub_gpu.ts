/**
 * A GPU that computes nothing. It implements the calls of WebGPU that the engine makes, and notes them: what a program
 * compiles, allocates, uploads and dispatches can be counted without an adapter. Whatever is read back is zero.
 */

/** What an adapter says of itself. */
export interface StubAdapter {
  /** Its name; the engine recognizes software adapters by it. */
  readonly description: string;
  /** Limits other than WebGPU's defaults. */
  readonly limits: Readonly<Record<string, number>>;
  /** Optional features. */
  readonly features: readonly string[];
  /** Milliseconds that pass with every dispatch; none by default. */
  readonly dispatchMilliseconds?: number;
  /** Nanoseconds of a tick of its timestamps; 1 by default. */
  readonly tick?: number;
}

/** A pipeline that was made. */
export interface NotedPipeline {
  /** The WGSL text. */
  readonly code: string;
  /** Threads of a workgroup. */
  readonly threads: number;
}

/** A buffer, of which only resolved timestamps are kept. */
interface StubBuffer {
  readonly size: number;
  timestamps?: BigUint64Array<ArrayBuffer>;
}

/** A dispatch that was submitted. */
export interface NotedDispatch {
  readonly pipeline: NotedPipeline;
  readonly workgroups: readonly [number, number, number];
}

/** Default limits of WebGPU: https://www.w3.org/TR/webgpu/#limits. */
const DEFAULT_LIMITS: Readonly<Record<string, number>> = {
  maxTextureDimension2D: 8192,
  maxBindGroups: 4,
  maxBindingsPerBindGroup: 1000,
  maxStorageBuffersPerShaderStage: 8,
  maxStorageTexturesPerShaderStage: 4,
  maxUniformBuffersPerShaderStage: 12,
  maxUniformBufferBindingSize: 65536,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  minUniformBufferOffsetAlignment: 256,
  minStorageBufferOffsetAlignment: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** Takes the place of `navigator.gpu`: pass it to {@linkcode Device.open}. */
export class StubGpu {
  /** Every pipeline that was made. */
  readonly pipelines: NotedPipeline[] = [];
  /** Every shader text that was compiled. */
  readonly texts: Set<string> = new Set();
  /** Dispatches, in the order in which they were submitted. */
  readonly dispatches: NotedDispatch[] = [];
  /** Calls of `submit`. */
  submits = 0;
  /** Bytes that the host wrote to buffers and textures. */
  uploadedBytes = 0;
  /** Bytes of buffers and textures that are not destroyed. */
  aliveBytes = 0;
  /** The most that they were at any time. */
  peakBytes = 0;
  /** Milliseconds that have passed. */
  milliseconds = 0;
  readonly #limits: Readonly<Record<string, number>>;

  /** A GPU with one adapter. */
  constructor(readonly adapter: StubAdapter) {
    this.#limits = { ...DEFAULT_LIMITS, ...adapter.limits };
  }

  /** Forgets what was submitted and uploaded, not what was made. */
  forgetRuns(): void {
    this.dispatches.length = 0;
    this.submits = 0;
    this.uploadedBytes = 0;
  }

  /** The adapter. */
  requestAdapter(): Promise<GPUAdapter> {
    const { description, features } = this.adapter;
    const adapter = {
      info: { description, device: "", vendor: "", architecture: "", isFallbackAdapter: false },
      limits: this.#limits,
      features: new Set(features),
      requestDevice: () => Promise.resolve(this.#device()),
    };
    return Promise.resolve(adapter as unknown as GPUAdapter);
  }

  #device(): GPUDevice {
    const device = {
      limits: this.#limits,
      features: new Set(this.adapter.features),
      lost: new Promise<never>(() => {}),
      queue: this.#queue(),
      addEventListener: () => {},
      pushErrorScope: () => {},
      popErrorScope: () => Promise.resolve(null),
      createBuffer: ({ size }: GPUBufferDescriptor) => this.#buffer(size),
      createTexture: (descriptor: GPUTextureDescriptor) => this.#texture(descriptor),
      createBindGroupLayout: () => ({}),
      createPipelineLayout: () => ({}),
      createBindGroup: () => ({}),
      createShaderModule: ({ code }: GPUShaderModuleDescriptor) => {
        this.texts.add(code);
        return { code };
      },
      createComputePipeline: (descriptor: GPUComputePipelineDescriptor) => this.#pipeline(descriptor),
      createComputePipelineAsync: (descriptor: GPUComputePipelineDescriptor) =>
        Promise.resolve(this.#pipeline(descriptor)),
      createCommandEncoder: () => this.#commandEncoder(),
      createQuerySet: ({ count }: GPUQuerySetDescriptor) => ({
        timestamps: new BigUint64Array(count),
        destroy: () => {},
      }),
      destroy: () => {},
    };
    return device as unknown as GPUDevice;
  }

  #queue() {
    const upload = (bytes: number) => {
      this.uploadedBytes += bytes;
    };
    return {
      submit: (buffers: readonly { commands: readonly (() => void)[] }[]) => {
        this.submits++;
        for (const { commands } of buffers) commands.forEach((run) => run());
      },
      writeBuffer: (_buffer: unknown, _offset: number, { byteLength }: ArrayBufferView) => upload(byteLength),
      writeTexture: (
        _to: unknown,
        _data: unknown,
        { bytesPerRow }: GPUTexelCopyBufferLayout,
        size: number[],
      ) => upload((bytesPerRow ?? 0) * (size[1] ?? 1)),
      onSubmittedWorkDone: () => Promise.resolve(),
    };
  }

  #buffer(size: number) {
    const buffer: StubBuffer = { size };
    return Object.assign(buffer, {
      mapAsync: () => Promise.resolve(),
      getMappedRange: () => buffer.timestamps?.slice().buffer ?? new ArrayBuffer(size),
      unmap: () => {},
      destroy: this.#occupy(size),
    });
  }

  #texture({ size, format }: GPUTextureDescriptor) {
    const [width = 1, height = 1] = size as readonly number[];
    const bytes = width * height * (format === "rgba32float" ? 16 : 8);
    return { width, height, createView: () => ({}), destroy: this.#occupy(bytes) };
  }

  /** Counts memory as used. Returns the function that frees it. */
  #occupy(bytes: number): () => void {
    let held = bytes;
    this.aliveBytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.aliveBytes);
    return () => {
      this.aliveBytes -= held;
      held = 0;
    };
  }

  #pipeline({ compute: { module, constants = {} } }: GPUComputePipelineDescriptor): NotedPipeline {
    const { code } = module as unknown as { code: string };
    const pipeline = { code, threads: workgroupThreads(code, constants) };
    this.pipelines.push(pipeline);
    return pipeline;
  }

  #commandEncoder() {
    const commands: (() => void)[] = [];
    const note = (timestamps: BigUint64Array | undefined, index: number | undefined) =>
      commands.push(() => {
        const ticks = Math.round(1e6 * this.milliseconds / (this.adapter.tick ?? 1));
        if (timestamps && index !== undefined) timestamps[index] = BigInt(ticks);
      });
    return {
      beginComputePass: ({ timestampWrites: writes }: GPUComputePassDescriptor = {}) => {
        let pipeline: NotedPipeline;
        const { timestamps } = writes?.querySet as unknown as { timestamps?: BigUint64Array } ?? {};
        note(timestamps, writes?.beginningOfPassWriteIndex);
        return {
          setPipeline: (next: NotedPipeline) => pipeline = next,
          setBindGroup: () => {},
          dispatchWorkgroups: (x: number, y = 1, z = 1) => {
            const dispatch: NotedDispatch = { pipeline, workgroups: [x, y, z] };
            commands.push(() => {
              this.dispatches.push(dispatch);
              this.milliseconds += this.adapter.dispatchMilliseconds ?? 0;
            });
          },
          end: () => note(timestamps, writes?.endOfPassWriteIndex),
        };
      },
      clearBuffer: () => {},
      copyBufferToBuffer: (from: StubBuffer, _at: number, to: StubBuffer) =>
        commands.push(() => to.timestamps = from.timestamps),
      copyBufferToTexture: () => {},
      copyTextureToBuffer: () => {},
      resolveQuerySet: (
        { timestamps }: { timestamps: BigUint64Array<ArrayBuffer> },
        _first: number,
        _count: number,
        to: StubBuffer,
      ) => commands.push(() => to.timestamps = timestamps),
      finish: () => ({ commands }),
    };
  }
}

/**
 * Threads of a shader's workgroup. Each size is a number, a constant of the text, or an `override` constant.
 *
 * @throws {Error} for a text without an entry point, or with a size that is not known.
 */
function workgroupThreads(code: string, constants: Readonly<Record<string, number>>): number {
  const [, sizes] = /@workgroup_size\(([^)]*)\)/.exec(code) ?? [];
  if (sizes === undefined) throw new Error(`A shader has no @workgroup_size: ${code.slice(-200)}`);
  return sizes.split(",").map((size) => {
    const name = size.trim();
    const [, value] = new RegExp(`\\bconst ${name}\\b[^=]*= (\\d+)`).exec(code) ?? [];
    const threads = Number(constants[name] ?? value ?? name.replace(/u$/, ""));
    if (!(threads > 0)) throw new Error(`The workgroup size ${name} is not known`);
    return threads;
  }).reduce((product, threads) => product * threads, 1);
}
