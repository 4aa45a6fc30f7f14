/**
 * WebGPU with injected faults: counts the calls of an adapter and of all objects made from it, and makes chosen calls
 * fail. Validation errors come from the real driver, which receives an invalid call. Errors that cannot be provoked,
 * such as out of memory, are reported as WebGPU reports them.
 */

/** How a call may fail. */
export type Way =
  /** It throws. */
  | "throw"
  /** Its promise is rejected. */
  | "reject"
  /** It returns no adapter. */
  | "nothing"
  /** It is invalid; an error scope or the `uncapturederror` event reports this. */
  | "validation"
  /** The driver fails internally. */
  | "internal"
  /** The GPU has no memory left. */
  | "out-of-memory"
  /** The device is lost just before the call. */
  | "lost";

/**
 * A call and how it fails. The call is the `nth` of its name, counted from 0; its index among all calls would vary,
 * because runs take different times and outputs are awaited earlier or later.
 */
export interface Fault {
  readonly name: string;
  readonly nth: number;
  readonly way: Way;
}

type Call = (...args: unknown[]) => unknown;

/** An argument of a call, of which every property and item may be looked at. */
interface Argument extends Iterable<Argument> {
  readonly [name: string]: Argument;
}

/** Calls whose promise can be rejected. */
const ASYNCHRONOUS = ["requestAdapter", "requestDevice", "popErrorScope", "mapAsync", "onSubmittedWorkDone"];
/** Calls that cannot fail by themselves. */
const HARMLESS = ["pushErrorScope", "unmap"];
/** Calls that need memory of the GPU. */
const NEEDS_MEMORY = [
  "createBuffer",
  "createTexture",
  "createQuerySet",
  "writeBuffer",
  "writeTexture",
  "submit",
];

/** Turns a valid call into one that the driver must refuse. */
const INVALID: Readonly<Record<string, (call: Call, ...args: Argument[]) => unknown>> = {
  createBuffer: (call, descriptor) => call({ ...descriptor, usage: 0 }),
  createTexture: (call, descriptor) => call({ ...descriptor, usage: 0 }),
  createQuerySet: (call, descriptor) => call({ ...descriptor, count: 1 << 20 }),
  createShaderModule: (call) => call({ code: "no shader" }),
  createBindGroupLayout: (call, { entries: [entry] }) => call({ entries: [entry, entry] }),
  createPipelineLayout: (call, { bindGroupLayouts: [layout] }) =>
    call({ bindGroupLayouts: new Array(100).fill(layout) }),
  createComputePipeline: (call, descriptor) =>
    call({ ...descriptor, compute: { ...descriptor.compute, entryPoint: "nowhere" } }),
  createBindGroup: (call, descriptor) => call({ ...descriptor, entries: [] }),
  createView: (call) => call({ format: "r8unorm" }),
  clearBuffer: (call, buffer) => call(buffer, 2, 4),
  copyBufferToBuffer: (call, from, offset, ...to) => call(from, Number(offset) + 2, ...to),
  copyBufferToTexture: (call, from, to) => call(from, to, [1 << 20, 1]),
  copyTextureToBuffer: (call, from, to) => call(from, to, [1 << 20, 1]),
  setBindGroup: (call, _, group) => call(100, group),
  dispatchWorkgroups: (call) => call(1 << 31 >>> 0),
  end(call) {
    call();
    call();
  },
  finish(call) {
    call();
    return call();
  },
  submit: (call, commands) => call([...commands!, ...commands!]),
  writeBuffer: (call, buffer) => call(buffer, 2, new Uint8Array(4)),
  writeTexture: (call, { texture }, data, layout, size) =>
    call({ texture, origin: [1 << 20] }, data, layout, size),
  mapAsync: (call) => call(GPUMapMode.WRITE),
};

/** The ways in which a call of this name can fail. */
export function waysToFail(name: string): Way[] {
  const ways: Way[] = [];
  if (ASYNCHRONOUS.includes(name)) ways.push("reject");
  else if (!HARMLESS.includes(name)) ways.push("throw");
  if (name === "requestAdapter") ways.push("nothing");
  if (name in INVALID) ways.push("validation");
  if (name === "createComputePipeline") ways.push("internal");
  if (NEEDS_MEMORY.includes(name)) ways.push("out-of-memory");
  if (name !== "requestAdapter" && name !== "requestDevice") ways.push("lost");
  return ways;
}

/** Methods whose results have methods that are counted, too. */
const MAKES_CALLABLE = [
  "createBuffer",
  "createTexture",
  "createQuerySet",
  "createCommandEncoder",
  "beginComputePass",
];
const CALLS = {
  device: [
    "createBuffer",
    "createTexture",
    "createQuerySet",
    "createShaderModule",
    "createBindGroupLayout",
    "createPipelineLayout",
    "createComputePipeline",
    "createBindGroup",
    "createCommandEncoder",
    "pushErrorScope",
    "popErrorScope",
  ],
  queue: ["submit", "writeBuffer", "writeTexture", "onSubmittedWorkDone"],
  made: [
    "mapAsync",
    "getMappedRange",
    "unmap",
    "createView",
    "clearBuffer",
    "copyBufferToBuffer",
    "copyBufferToTexture",
    "copyTextureToBuffer",
    "resolveQuerySet",
    "beginComputePass",
    "setPipeline",
    "setBindGroup",
    "dispatchWorkgroups",
    "end",
    "finish",
  ],
};

/** An entry point of WebGPU in which the given calls fail; all other calls reach the driver. */
export class FaultyGpu {
  /** The `gpu` option of `Device.open`. */
  readonly gpu: Pick<GPU, "requestAdapter">;
  /** Names of all calls until now, in order. */
  readonly calls: string[] = [];
  readonly #faults: readonly Fault[];
  readonly #counts = new Map<string, number>();
  readonly #alive = new Set<{ label: string }>();
  readonly #watched: { owner: object; name: string }[] = [];

  constructor(...faults: Fault[]) {
    this.#faults = faults;
    const requestAdapter = async (options?: GPURequestAdapterOptions) => {
      const adapter = await navigator.gpu.requestAdapter(options);
      if (!adapter) return null;
      const requestDevice = adapter.requestDevice.bind(adapter);
      this.#watch(adapter, "requestDevice", async (descriptor) => {
        const device = await requestDevice(descriptor as GPUDeviceDescriptor);
        this.#watchDevice(device);
        return device;
      });
      return adapter;
    };
    this.gpu = { requestAdapter };
    this.#watch(this.gpu, "requestAdapter", requestAdapter as Call);
  }

  /** Labels of buffers, textures and query sets that were created and not destroyed. */
  alive(): string[] {
    return [...this.#alive].map(({ label }) => label);
  }

  /**
   * Restores the methods of all watched objects. Otherwise they would never be collected: Deno keeps a device's queue
   * alive, and the replaced methods of the queue keep the device alive.
   */
  release(): void {
    for (const { owner, name } of this.#watched.splice(0)) Reflect.deleteProperty(owner, name);
  }

  #watchDevice(device: GPUDevice): void {
    const state: DeviceState = {
      device,
      scopes: [],
      push: device.pushErrorScope.bind(device),
      pop: device.popErrorScope.bind(device),
    };
    for (const name of CALLS.device) this.#watch(device, name, own(device, name), state);
    for (const name of CALLS.queue) this.#watch(device.queue, name, own(device.queue, name), state);
  }

  /** Replaces a method by one that counts its calls and either fails or calls the original. */
  #watch(owner: object, name: string, method: Call, state?: DeviceState): void {
    this.#watched.push({ owner, name });
    Reflect.set(owner, name, (...args: Argument[]) => {
      this.calls.push(name);
      const nth = this.#counts.get(name) ?? 0;
      this.#counts.set(name, nth + 1);
      const fault = this.#faults.find((fault) => fault.name === name && fault.nth === nth);
      const result = this.#call(name, method, args, fault?.way, state);
      if (MAKES_CALLABLE.includes(name)) this.#watchMade(result as Made, state);
      return result;
    });
  }

  #watchMade(made: Made, state: DeviceState | undefined): void {
    for (const name of CALLS.made) {
      if (typeof Reflect.get(made, name) === "function") this.#watch(made, name, own(made, name), state);
    }
    if (typeof made.destroy !== "function") return;
    this.#alive.add(made);
    const destroy = own(made, "destroy");
    made.destroy = () => {
      this.#alive.delete(made);
      destroy();
    };
  }

  #call(
    name: string,
    method: Call,
    args: Argument[],
    way: Way | undefined,
    state: DeviceState | undefined,
  ): unknown {
    const failed = () => new DOMException(`injected fault of ${name}`, "OperationError");
    switch (way) {
      case "throw":
        throw failed();
      case "reject":
        if (name === "popErrorScope") takeScope(method, state!).catch(() => {});
        return Promise.reject(failed());
      case "nothing":
        return Promise.resolve(null);
      case "validation":
        return INVALID[name]!(method, ...args);
      case "internal":
      case "out-of-memory": {
        const message = `injected fault of ${name}`;
        report(
          state!,
          way,
          way === "internal" ? new GPUInternalError(message) : new GPUOutOfMemoryError(message),
        );
        if (!name.startsWith("create")) return undefined;
        // The new object is invalid; only the error above reports it.
        state!.push("validation");
        const invalid = INVALID[name]!(method, ...args);
        state!.pop();
        return invalid;
      }
      case "lost":
        state!.device.destroy();
    }
    if (name === "pushErrorScope") state!.scopes.push({ filter: String(args[0]), error: null });
    return name === "popErrorScope" ? takeScope(method, state!) : method(...args);
  }
}

/** What a call makes. */
interface Made {
  readonly label: string;
  destroy?: () => void;
}

interface DeviceState {
  readonly device: GPUDevice;
  /** Open error scopes, and the errors that were injected into them. */
  readonly scopes: { readonly filter: string; error: GPUError | null }[];
  readonly push: (filter: GPUErrorFilter) => void;
  readonly pop: () => Promise<GPUError | null>;
}

function own(owner: object, name: string): Call {
  return (Reflect.get(owner, name) as Call).bind(owner);
}

async function takeScope(pop: Call, { scopes }: DeviceState): Promise<GPUError | null> {
  const scope = scopes.pop();
  const reported = await pop() as GPUError | null;
  return scope?.error ?? reported;
}

/** Reports an error to the innermost scope of its kind, or as an uncaptured error. */
function report({ scopes, device }: DeviceState, filter: string, error: GPUError): void {
  const scope = scopes.findLast((scope) => scope.filter === filter);
  if (scope) scope.error ??= error;
  else {
    queueMicrotask(() => device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error })));
  }
}
