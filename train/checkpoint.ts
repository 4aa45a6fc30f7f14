/**
 * What a run needs to go on, as named tensors and a few settings. Weights and running statistics keep their names,
 * an optimizer's moments are `moment/name`, averages of weights `ema/name`, `history` [steps, columns] holds the curves. There are no times and no
 * paths in it: equal runs make equal checkpoints.
 */
import { AVERAGE_PREFIX, type Choices, type ParameterSet } from "../engine/mod.ts";
import type { ModelSpec } from "../model/model_spec.ts";
import type { SafetensorsTensor } from "../model/safetensors.ts";
import type { Thresholds } from "../model/thresholds.ts";
import { RunError } from "./errors.ts";
import type { TrainingOptions } from "./options.ts";
import type { TrainedPeople } from "./trained_people.ts";

/** What a checkpoint holds. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  readonly model: ModelSpec;
  readonly options: TrainingOptions;
  /** What the tuner chose for the run's kernels: others would give other bits. */
  readonly variants: Choices;
  /** Whom the run was trained on; undefined in files of earlier versions. */
  readonly people?: TrainedPeople | undefined;
  /** Which distances mean one person, for the network that is scored; at the end of a run that holds people out. */
  readonly thresholds?: readonly Thresholds[] | undefined;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/** Name of the tensor that holds the curves. */
export const HISTORY_TENSOR = "history";

/** Copies everything that a run needs to go on from the GPU. */
export async function takeCheckpoint(
  parameters: ParameterSet,
  moments: readonly string[],
  history: Float32Array,
  rest: Pick<Checkpoint, "step" | "model" | "options" | "variants" | "people">,
): Promise<Checkpoint> {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [buffer, values] of await parameters.read(...moments)) {
    for (const [parameter, data] of values) {
      tensors.set(tensorName(buffer, parameter.name), { dtype: "F32", shape: [...parameter.shape], data });
    }
  }
  const shape = [rest.step, history.length / Math.max(1, rest.step)];
  tensors.set(HISTORY_TENSOR, { dtype: "F32", shape, data: history });
  return { ...rest, tensors };
}

/** Names of tensors with a value that is not finite. */
export function nonFiniteTensors({ tensors }: Checkpoint): string[] {
  return [...tensors].filter(([name, { data }]) =>
    name !== HISTORY_TENSOR && !(data as Float32Array).every((value) => Number.isFinite(value))
  ).map(([name]) => name);
}

/**
 * Puts a checkpoint's values into a model's parameters and an optimizer's moments.
 *
 * @param averaged the averages of the weights and running statistics in their place, which the checkpoint must hold.
 * @throws {RunError} when it is of another network; nothing has been written then.
 */
export function restoreCheckpoint(
  checkpoint: Checkpoint,
  parameters: ParameterSet,
  moments: readonly string[],
  path: string,
  averaged = false,
): void {
  const writes: (() => void)[] = [];
  for (const parameter of parameters.parameters) {
    for (const buffer of ["weights", ...(parameter.trainable ? moments : [])]) {
      const prefix = averaged && buffer === "weights" ? AVERAGE_PREFIX : "";
      const name = prefix + tensorName(buffer, parameter.name);
      const tensor = checkpoint.tensors.get(name);
      if (tensor?.dtype !== "F32" || tensor.shape.join() !== parameter.shape.join()) {
        const found = tensor ? `is ${tensor.dtype} [${tensor.shape}]` : "is not there";
        throw new RunError(
          `${path} is a checkpoint of another network: ${name} should be F32 [${parameter.shape}] and ${found}. ` +
            "Use the settings that it was trained with, or another checkpoint.",
        );
      }
      const data = tensor.data as Float32Array;
      writes.push(
        buffer === "weights"
          ? () => parameters.write(parameter, data)
          : () => parameters.writeTrainable(buffer, parameter, data),
      );
    }
  }
  for (const write of writes) write();
}

function tensorName(buffer: string, parameter: string): string {
  return buffer === "weights" ? parameter : `${buffer}/${parameter}`;
}
