/** The settings of a run that flags and recipes set, by group. */
import type { ValuesOf } from "../../model/settings.ts";
import { AUGMENTATION_SETTINGS } from "./augmentation.ts";
import { BATCH_SETTINGS } from "./batch.ts";
import { LOSS_SETTINGS } from "./loss.ts";
import { NETWORK_SETTINGS } from "./network.ts";
import { SCHEDULE_SETTINGS } from "./schedule.ts";
import { TRAINING_SETTINGS } from "./training.ts";
import { TRANSFER_SETTINGS } from "./transfer.ts";

/** One row for each setting. */
export const SETTING_TABLE = {
  ...LOSS_SETTINGS,
  ...BATCH_SETTINGS,
  ...AUGMENTATION_SETTINGS,
  ...NETWORK_SETTINGS,
  ...TRANSFER_SETTINGS,
  ...TRAINING_SETTINGS,
  ...SCHEDULE_SETTINGS,
};

/** The values of these settings. */
export type TableValues = ValuesOf<typeof SETTING_TABLE>;
