/** Runs recorded programs with checked kernels, many per submit, and reports their faults. */
import { constantsData, type Dispatch, VEC4_BYTES } from "../../../kernels/mod.ts";
import type { Device } from "../../../engine/mod.ts";
import { hostData } from "../../../engine/inputs.ts";
import type { Value } from "../../../engine/value.ts";
import { checkedShader, headerNumbers } from "./checked_shader.ts";
import { constantsBuffers } from "./constants_buffers.ts";
import type { RandomProgram } from "./random_program.ts";

/** A fault of a kernel. */
export interface KernelFault {
  readonly dispatch: Dispatch;
  readonly text: string;
}

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Checked kernels of a device; each text is compiled once. */
export class CheckedKernels {
  readonly #compiled = new Map<string, Compiled>();

  constructor(readonly device: Device) {}

  compiled(dispatch: Dispatch): Compiled {
    const { source, tile, bindings } = dispatch;
    // All parts of the text, except the length of uniforms: here every binding is a buffer.
    const parts = bindings.map((
      { name, type, access, prologue, epilogue },
    ) => [name, type, access, prologue, epilogue]);
    const key = JSON.stringify([source, tile, parts]);
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      const code = checkedShader(dispatch);
      const { gpu } = this.device;
      const visibility = GPUShaderStage.COMPUTE;
      const types: GPUBufferBindingType[] = [
        ...dispatch.bindings.map(({ access }): GPUBufferBindingType =>
          access === "read" ? "read-only-storage" : "storage"
        ),
        ...(Object.keys(dispatch.constants).length > 0 ? ["uniform" as const] : []),
        "uniform",
        "storage",
      ];
      const layout = gpu.createBindGroupLayout({
        entries: types.map((type, binding) => ({ binding, visibility, buffer: { type } })),
      });
      const pipeline = gpu.createComputePipeline({
        label: dispatch.kernel,
        layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: gpu.createShaderModule({ label: dispatch.kernel, code }) },
      });
      this.#compiled.set(key, compiled = { pipeline, layout });
    }
    return compiled;
  }
}

/** The number of elements of a binding as its accessors count them: vec4s or uint32 values. */
export function elementsOf(value: Value): number {
  return value.type === "u32" ? value.bytes / 4 : value.bytes / VEC4_BYTES;
}

/** The data of a value before the program runs; undefined for values that kernels write. */
export function initialData(
  value: Value,
  data: RandomProgram["data"],
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | undefined {
  const given = data.get(value);
  if (given) return hostData("input", value, given);
  if (value.origin.kind === "constant") return value.origin.data;
  if (value.origin.kind === "input") return hostData("input", value, value.origin.numbers?.());
  // Parameters and optimizer state: any finite numbers except zero.
  if (value.origin.kind !== "parameter" && value.origin.kind !== "flat") return undefined;
  return Float32Array.from({ length: value.bytes / 4 }, (_, i) => 0.5 + (i % 7) / 8);
}

/** Runs programs and returns the faults: indices out of bounds, and outputs that are not written exactly once. */
export async function runChecked(
  kernels: CheckedKernels,
  programs: readonly RandomProgram[],
): Promise<KernelFault[]> {
  const { device } = kernels;
  const { gpu } = device;
  const made: GPUBuffer[] = [];
  const make = (size: number, usage: number) => {
    const buffer = gpu.createBuffer({ size, usage });
    made.push(buffer);
    return buffer;
  };
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;

  // Offsets in the tracking buffer: for each dispatch one bit per binding with a fault; for each written value its counts.
  let cells = 0;
  const reserve = (count: number) => (cells += count) - count;
  const values = new Map<
    Value,
    { buffer: GPUBuffer; counts: number; writers: Dispatch[]; partly: boolean }
  >();
  const planned = programs.flatMap(({ steps, data }) =>
    steps.map(({ dispatch, values: bound }) => {
      for (const [i, value] of bound.entries()) {
        let known = values.get(value);
        if (!known) {
          known = {
            buffer: make(Math.max(16, value.bytes), storage),
            counts: -1,
            writers: [],
            partly: false,
          };
          values.set(value, known);
          const initial = initialData(value, data);
          if (initial) gpu.queue.writeBuffer(known.buffer, 0, initial);
        }
        if (dispatch.bindings[i]!.access === "read") continue;
        if (known.counts < 0) known.counts = reserve(elementsOf(value));
        known.writers.push(dispatch);
        if (dispatch.bindings[i]!.access === "update") known.partly = true;
      }
      return { dispatch, bound, faults: reserve(1) };
    })
  );
  try {
    const tracked = make(Math.max(16, 4 * cells), storage | GPUBufferUsage.COPY_SRC);
    const staging = make(Math.max(16, 4 * cells), GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    await device.guard("Cannot run checked kernels", () => {
      const encoder = gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const { dispatch, bound, faults } of planned) {
        const { pipeline, layout } = kernels.compiled(dispatch);
        const header = [
          faults,
          ...bound.flatMap((value) => [elementsOf(value), Math.max(0, values.get(value)!.counts)]),
        ];
        if (header.length !== headerNumbers(bound.length)) throw new Error("The header has a wrong length");
        const uniform = make(
          16 * Math.ceil(header.length / 4),
          GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
        );
        gpu.queue.writeBuffer(uniform, 0, Uint32Array.from(header));
        const constants = constantsBuffers(gpu, constantsData(dispatch));
        made.push(...constants);
        const buffers = [...bound.map((value) => values.get(value)!.buffer), ...constants, uniform, tracked];
        pass.setPipeline(pipeline);
        pass.setBindGroup(
          0,
          gpu.createBindGroup({
            layout,
            entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
          }),
        );
        pass.dispatchWorkgroups(...dispatch.workgroups);
      }
      pass.end();
      encoder.copyBufferToBuffer(tracked, 0, staging, 0, 4 * cells);
      gpu.queue.submit([encoder.finish()]);
    });
    await staging.mapAsync(GPUMapMode.READ);
    const counts = new Uint32Array(staging.getMappedRange());
    const found: KernelFault[] = [];
    for (const { dispatch, faults } of planned) {
      const names = dispatch.bindings.filter((_, k) => (counts[faults]! >>> k & 1) === 1).map(({ name }) =>
        name
      );
      if (names.length > 0) found.push({ dispatch, text: `indices outside ${names.join(" and ")}` });
    }
    for (const [value, { counts: from, writers, partly }] of values) {
      if (from < 0) continue;
      const written = counts.subarray(from, from + elementsOf(value));
      const text = coverage(written, writers.length, partly);
      if (text) found.push({ dispatch: writers[0]!, text: `${text} of [${value.shape}]` });
    }
    staging.unmap();
    return found;
  } finally {
    for (const buffer of made) buffer.destroy();
  }
}

/**
 * Describes a fault in how often the elements of a value were written, by so many dispatches. Several dispatches may
 * each write a part, as a concatenation does, so all elements must have the same count. An update in place may touch
 * some elements only, such as the centers of a batch's identities, but none twice.
 */
function coverage(written: Uint32Array, writers: number, partly: boolean): string | undefined {
  const times = written[0]!;
  const wrong = partly
    ? written.findIndex((count) => count > writers)
    : written.findIndex((count) => count !== times || count < 1 || count > writers);
  if (wrong < 0) return undefined;
  return `element ${wrong} is written ${
    written[wrong]
  } times, the first ${times} times, by ${writers} dispatches,`;
}
