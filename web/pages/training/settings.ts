/** The settings that a visitor chooses: rows as in training, with the page's own ranges and defaults. */
import { allows, readSettings, type Row, valuesInWords, type ValuesOf } from "../../../model/settings.ts";
import { BATCH_SETTINGS } from "../../../train/settings/batch.ts";
import { LOSS_SETTINGS } from "../../../train/settings/loss.ts";

/** A setting of the page. */
export type PageRow = Row & {
  /** The field's label; messages use it up to its comma. */
  readonly label: string;
  /** The step of its field's arrows. Default: 1 for integers, and for other numbers "any", which is 1 but allows all. */
  readonly step?: number;
  /** The reason for its range. */
  readonly reason?: string;
};

/** The page's settings by the ids of their fields. */
export const PAGE_SETTINGS = {
  loss: { ...LOSS_SETTINGS.loss, label: "Loss" },
  learningRate: { type: "number", min: 0, default: 0.005, label: "Learning rate" },
  margin: {
    ...LOSS_SETTINGS.margin,
    max: 2,
    default: 0.3,
    step: 0.05,
    label: "Margin",
    reason: "Embeddings have length one, so no two are farther than 2 apart.",
  },
  p: { ...BATCH_SETTINGS.p, max: 16, default: 6, label: "P, people in a batch" },
  k: { ...BATCH_SETTINGS.k, max: 8, default: 4, label: "K, pictures of each" },
  people: { type: "integer", min: 2, max: 200, default: 48, label: "People, at the next reset" },
  seed: { type: "integer", min: 0, max: 999_999_999, default: 1, label: "Seed, at the next reset" },
} as const satisfies Record<string, PageRow>;

/** Settings of a run in the page. */
export type RunSettings = ValuesOf<typeof PAGE_SETTINGS>;

/** Whether the step must be recorded again for other settings. */
export function changesStep(from: RunSettings, to: RunSettings): boolean {
  return from.loss !== to.loss || from.margin !== to.margin || from.p !== to.p || from.k !== to.k;
}

/**
 * Checks what is typed into the fields.
 *
 * @param typed values by key, numbers as numbers, NaN for an empty field.
 * @returns the settings, or a sentence on what is wrong with them.
 */
export function checkSettings(typed: Readonly<Record<string, unknown>>): RunSettings | string {
  for (const [key, row] of Object.entries<PageRow>(PAGE_SETTINGS)) {
    if (allows(row, typed[key])) continue;
    const sentence = `${row.label.replace(/,.*/, "")} must be ${valuesInWords(row)}.`;
    return row.reason === undefined ? sentence : `${sentence} ${row.reason}`;
  }
  const settings = readSettings(PAGE_SETTINGS, typed);
  const { p, people } = settings;
  if (p <= people) return settings;
  return `A batch cannot have ${p} people if there are ${people} to learn from.`;
}
