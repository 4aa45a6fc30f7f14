/** Records programs on a GPU that computes nothing, and counts what they would ask of a real one. */
import {
  Device,
  type HostInputs,
  type Program,
  type ProgramInputs,
  type ProgramOutputs,
  Random,
  type Recorded,
  type Work,
} from "../../engine/mod.ts";
import type { Precision } from "../../kernels/mod.ts";
import { Embedder } from "../../model/embedder.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { modelSpec } from "../../train/from_options.ts";
import { optionsFor, type TrainingOptions } from "../../train/options.ts";
import { recordTrainingStep, trainingOptimizer } from "../../train/step.ts";
import { convolutionOutputBytes, leastBytes, recordedWork } from "../program_work.ts";
import { forwardInputs, stepInputs } from "../step_programs.ts";
import type { Profile } from "./profiles.ts";
import { type NotedPipeline, StubGpu } from "./stub_gpu.ts";

/** A dispatch of a plan. */
export interface PlannedDispatch {
  readonly kernel: string;
  /** Sizes and other constants, as text. */
  readonly shape: string;
  readonly work: Work;
  readonly workgroups: readonly [number, number, number];
  /** Threads of all workgroups. */
  readonly threads: number;
  readonly pipeline: NotedPipeline;
}

/** What one run of a program asks of a GPU. */
export interface Plan {
  readonly name: "training step" | "forward";
  /** What its activations are stored in. */
  readonly precision: Precision;
  readonly dispatches: readonly PlannedDispatch[];
  readonly submits: number;
  /** Pipelines that are compiled for it. */
  readonly pipelines: number;
  /** Different shader texts. */
  readonly texts: number;
  /** The least bytes that its layers move. */
  readonly least: number;
  /** Bytes that the host writes for a run. */
  readonly uploadedBytes: number;
  /** Bytes that are copied from buffers into textures. */
  readonly stagedBytes: number;
  /** Bytes of GPU memory: of intermediate results, and of everything. */
  readonly memory: { readonly temporaries: number; readonly total: number };
}

/**
 * Plans a training step, on a separate device.
 *
 * @throws {LimitError} when the adapter cannot hold a tensor.
 */
export async function planStep(profile: Profile, given: TrainingOptions, batch: number): Promise<Plan> {
  const gpu = new StubGpu(profile);
  using device = await Device.open({ gpu, cores: profile.cores });
  const options = optionsFor(device.target, given);
  const model = new ReidModel(device, modelSpec(options, 0), new Random(options.seed));
  const optimizer = trainingOptimizer(model, options);
  const step = await recordTrainingStep(device, model, optimizer, options, batch);
  const what = { name: "training step", precision: options.precision } as const;
  return await counted(what, gpu, model, step, stepInputs(options, batch));
}

/**
 * Plans a forward pass, on a separate device: of fewer images where the adapter cannot hold as many.
 *
 * @throws {LimitError} when the adapter cannot hold one image.
 */
export async function planForward(profile: Profile, options: TrainingOptions, batch: number): Promise<Plan> {
  const gpu = new StubGpu(profile);
  using device = await Device.open({ gpu, cores: profile.cores });
  const model = new ReidModel(device, modelSpec(options, 0), new Random(options.seed));
  const { program, batch: images } = await Embedder.open(device, model, batch);
  const what = { name: "forward", precision: "f32" } as const;
  return await counted(what, gpu, model, program, forwardInputs(options, images));
}

/**
 * The dispatches of a program that was submitted once since the GPU forgot its runs.
 *
 * @throws {Error} when others were submitted.
 */
export function plannedDispatches(gpu: StubGpu, recorded: readonly Recorded[]): PlannedDispatch[] {
  if (recorded.length !== gpu.dispatches.length) {
    throw new Error(`${gpu.dispatches.length} dispatches were submitted, ${recorded.length} recorded`);
  }
  return gpu.dispatches.map(({ pipeline, workgroups }, i): PlannedDispatch => {
    const { kernel, constants } = recorded[i].dispatch;
    return {
      kernel,
      shape: Object.entries(constants).map(([size, value]) => `${size}=${value}`).join(" "),
      work: recordedWork(recorded[i]),
      workgroups,
      threads: pipeline.threads * workgroups[0] * workgroups[1] * workgroups[2],
      pipeline,
    };
  });
}

async function counted<I extends ProgramInputs, O extends ProgramOutputs>(
  what: Pick<Plan, "name" | "precision">,
  gpu: StubGpu,
  { parameters }: ReidModel,
  program: Program<I, O>,
  inputs: HostInputs<I>,
): Promise<Plan> {
  gpu.forgetRuns();
  await program.run(inputs);
  const recorded = program.dispatches;
  return {
    ...what,
    dispatches: plannedDispatches(gpu, recorded),
    submits: gpu.submits,
    pipelines: gpu.pipelines.length,
    texts: gpu.texts.size,
    least: leastBytes(
      convolutionOutputBytes(recorded),
      parameters.trainableBytes,
      what.name === "training step",
    ),
    uploadedBytes: gpu.uploadedBytes,
    stagedBytes: program.stagedBytes,
    memory: { temporaries: program.memory.temporaries, total: gpu.aliveBytes },
  };
}
