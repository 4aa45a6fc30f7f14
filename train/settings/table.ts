/** The settings of a run that flags and recipes set, by group. */
import { inGroup, type ValuesOf } from "../../model/settings.ts";
import { AUGMENTATION_SETTINGS } from "./augmentation.ts";
import { BATCH_SETTINGS } from "./batch.ts";
import { LOSS_SETTINGS } from "./loss.ts";
import { NETWORK_SETTINGS } from "./network.ts";
import { SCHEDULE_SETTINGS } from "./schedule.ts";
import { TRAINING_SETTINGS } from "./training.ts";
import { TRANSFER_SETTINGS } from "./transfer.ts";

/** One row for each setting. */
export const SETTING_TABLE = {
  ...inGroup("Loss", LOSS_SETTINGS),
  ...inGroup("Batch", BATCH_SETTINGS),
  ...inGroup("Augmentation", AUGMENTATION_SETTINGS),
  ...inGroup("Network", NETWORK_SETTINGS),
  ...inGroup("Transfer learning", TRANSFER_SETTINGS),
  ...inGroup("Training", TRAINING_SETTINGS),
  ...inGroup("Learning rate", SCHEDULE_SETTINGS),
};

/** The values of these settings. */
export type TableValues = ValuesOf<typeof SETTING_TABLE>;
