import { UserError } from "../../engine/errors.ts";

/**
 * Why a file of weights is not read.
 *
 * - `damaged`: it breaks its format.
 * - `refused`: its pickle names a function or a class that is neither a tensor nor a plain container.
 * - `unsupported`: it keeps its format, and this program does not read what is in it.
 * - `too-large`: what it holds would take far more memory than its size explains.
 */
export type WeightsFileErrorKind = "damaged" | "refused" | "unsupported" | "too-large";

/** Thrown for a file of weights that is not read; the message speaks of the file as "it", and says what helps. */
export class WeightsFileError extends UserError {
  /** "WeightsFileError". */
  override readonly name = "WeightsFileError";
  /** Takes the kind of the fault and the message. */
  constructor(readonly kind: WeightsFileErrorKind, message: string) {
    super(message);
  }
}

/** A file that breaks its format at a place that the message names. */
export function damaged(message: string): WeightsFileError {
  return new WeightsFileError("damaged", `It is damaged or cut off: ${message}. Download or copy it again.`);
}

/** Saves what a checkpoint has under state_dict. FILE stands for the file's path. */
const STATE_DICT_ALONE =
  `python3 -c "import torch; c = torch.load('FILE', 'cpu', weights_only=False); torch.save(c['state_dict'], 'FILE.weights.pth')"`;

/** The error for what a pickle must not do. */
export function refused(what: string): WeightsFileError {
  return new WeightsFileError(
    "refused",
    `Its pickle ${what}, which is neither a tensor nor a plain container: nothing of it was run. Save the network's ` +
      "state_dict() and nothing else, and give that file. If it is a checkpoint with more in it, and you trust its " +
      `makers, as Python runs what the file names, this saves the weights alone: ${STATE_DICT_ALONE}`,
  );
}
