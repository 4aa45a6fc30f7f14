/** A trained network on disk: in a run's folder, a checkpoint or a model file. */
import { requireWhole } from "../model/network_tensors.ts";
import { decodeTrainedModel, ModelFileError, type TrainedModel } from "../model/trained_model.ts";
import { checkpointPath, runOfCheckpoint } from "./checkpoint_files.ts";
import { isIntact } from "./checksum.ts";
import { DEMO_PATH } from "./demo/demo.ts";
import { RunError } from "./errors.ts";
import { readWhole } from "./write_whole.ts";

/** A network and where it came from. */
export interface TrainedModelFile {
  readonly model: TrainedModel;
  /** The checkpoint or model file. */
  readonly path: string;
  /** The run's folder, where the file is a run's checkpoint. */
  readonly run: string | undefined;
  /** Whether it is the demonstration that comes with the program. */
  readonly isDemo: boolean;
}

/**
 * Reads the newest checkpoint of a run's folder, a checkpoint, a model file, or the demonstration by its name.
 *
 * @param averaged take the averages of the weights where the run has some, as by default.
 * @throws {RunError} when there is none, or it is damaged or something else.
 */
export async function readTrainedModel(
  place: string,
  { averaged = true } = {},
): Promise<TrainedModelFile> {
  const path = await checkpointPath(place);
  const bytes = await readWhole(path);
  try {
    const model = decodeTrainedModel(bytes, { averaged });
    if (await isIntact(bytes) === false) throw new ModelFileError("it is damaged: its checksum is another");
    requireWhole(model);
    return { model, path, run: runOfCheckpoint(path), isDemo: path === DEMO_PATH };
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new RunError(
      `${path} cannot be used: ${error.message}. Give the folder of a training run, one of its checkpoints, ` +
        "or an exported model file.",
      { remedies: [{ kind: "export-model" }] },
    );
  }
}
