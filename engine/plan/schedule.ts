/** From a program's steps to GPU commands: which are needed, in which passes, with which copies in between. */
import { TEXTURE_WIDTH, VEC4_BYTES, vec4s } from "../../kernels/mod.ts";
import type { Device } from "../device.ts";
import { EngineError } from "../errors.ts";
import type { Pipelines } from "../pipelines.ts";
import type { Memory, StagedCopy } from "./memory.ts";
import { texelRows } from "./texel_rows.ts";
import { liveSteps } from "./plan.ts";
import { type Recorded, valuesBound } from "../recorder.ts";
import type { Value } from "../value.ts";

/** Copies, then dispatches that run in one pass. */
export interface Stage {
  readonly copies: readonly StagedCopy[];
  readonly launches: readonly Launch[];
}

/** A run whose inputs are uploaded and whose stages are still to be encoded and submitted. */
export interface OpenRun {
  readonly device: Device;
  readonly memory: Memory;
  readonly stages: readonly Stage[];
  readonly encoder: GPUCommandEncoder;
  /** Throws where the program cannot go on, as it or what it uses was destroyed; for whoever has waited meanwhile. */
  readonly check: () => void;
}

/** One encoded dispatch. */
export interface Launch {
  readonly recorded: Recorded;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/** Encodes one dispatch. */
export function dispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, recorded }: Launch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...recorded.dispatch.workgroups);
}

/** Pipelines, bind groups and copies of all stages. */
export function launchStages(
  device: Device,
  memory: Memory,
  stages: readonly (readonly Recorded[])[],
  pipelines: Pipelines,
): Stage[] {
  const constants = memory.uniforms(stages.flat().map(({ dispatch }) => pipelines.uniform(dispatch)));
  let done = 0;
  const made = stages.map((steps, number) => ({
    copies: memory.copies.filter(({ before }) => before === number),
    launches: steps.map((step) => {
      device.onCompile?.(done, constants.length);
      return launch(device, memory, step, pipelines, constants[done++]);
    }),
  }));
  device.onCompile?.(done, done);
  return made;
}

/** Encodes copies of what kernels wrote into the textures that the next ones read. */
export function copyStaged(encoder: GPUCommandEncoder, copies: readonly StagedCopy[]): void {
  for (const { from, to, rows, bytesPerRow } of copies) {
    encoder.copyBufferToTexture(
      { buffer: from, bytesPerRow },
      { texture: to },
      [TEXTURE_WIDTH, rows],
    );
  }
}

/** The recorded dispatches that contribute to an output or to memory that outlives the program. */
export function neededSteps(dispatches: readonly Recorded[], outputs: readonly Value[]): Recorded[] {
  const numbers = new Map<Value, number>();
  const number = (value: Value) => {
    const known = numbers.get(value) ?? numbers.size;
    numbers.set(value, known);
    return known;
  };
  const steps = dispatches.map((step) => {
    const written = valuesBound(step, "write", "update");
    const effect = written.some(({ origin, placement }) => origin.kind !== "temporary" || placement);
    return { reads: valuesBound(step, "read", "update").map(number), writes: written.map(number), effect };
  });
  const live = new Set(liveSteps(steps, outputs.map(number)));
  return dispatches.filter((_, i) => live.has(i));
}

/** The pipeline and bind group of a dispatch. */
function launch(
  device: Device,
  memory: Memory,
  recorded: Recorded,
  pipelines: Pipelines,
  constants: GPUBufferBinding | undefined,
): Launch {
  const { dispatch, values } = recorded;
  const limit = device.gpu.limits.maxComputeWorkgroupsPerDimension;
  if (dispatch.workgroups.some((count) => count > limit)) {
    throw new EngineError(
      `${dispatch.kernel}: ${dispatch.workgroups} workgroups are more than ${limit} a dimension`,
    );
  }
  const locations = dispatch.bindings.flatMap(({ access }, i) => {
    const value = values[i];
    return value ? [memory.location(value, access)] : [];
  });
  const storages = locations.map(({ storage }) => storage);
  const resources = locations.map((location): GPUBindingResource =>
    "view" in location
      ? location.view
      : { buffer: location.buffer, offset: location.offset, size: location.size }
  );
  if (constants) resources.push(constants);
  const bindGroup = device.gpu.createBindGroup({
    label: dispatch.kernel,
    layout: pipelines.layout(dispatch, storages),
    entries: resources.map((resource, binding) => ({ binding, resource })),
  });
  return { recorded, pipeline: pipelines.pipeline(dispatch, storages), bindGroup };
}

/** Where an optimizer reads a set's gradients, those that this program does not write must be zero. */
export function gradientClears(
  steps: readonly Recorded[],
): { buffer: GPUBuffer; offset: number; size: number }[] {
  const clears: { buffer: GPUBuffer; offset: number; size: number }[] = [];
  const written = new Set(
    steps.flatMap((step) => step.values).flatMap(({ placement, origin }) =>
      placement ? [placement.parameter] : origin.kind === "flat" ? origin.filled : []
    ),
  );
  for (const { origin } of new Set(steps.flatMap((step) => step.values))) {
    if (origin.kind !== "flat" || origin.buffer !== "gradients" || origin.filled.length > 0) continue;
    const { buffer } = origin.set.flat("gradients");
    for (const parameter of origin.set.parameters) {
      if (!parameter.trainable || written.has(parameter)) continue;
      clears.push({ buffer, offset: parameter.offset, size: parameter.bytes });
    }
  }
  return clears;
}

/** Encodes the copy of a parameter into the texture that kernels read it from. */
export function copyToMirror(encoder: GPUCommandEncoder, value: Value): void {
  if (value.origin.kind !== "parameter") return;
  const { parameter } = value.origin;
  const home = parameter.set.home(parameter);
  for (const { origin, size, offset } of texelRows(vec4s(parameter.shape))) {
    encoder.copyBufferToTexture(
      { buffer: home.buffer, offset: home.offset + offset, bytesPerRow: TEXTURE_WIDTH * VEC4_BYTES },
      { texture: parameter.set.mirror(parameter), origin },
      size,
    );
  }
}
