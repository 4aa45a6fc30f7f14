/**
 * All settings that decide the numbers of a run, one row each. From this table follow the type {@link TrainingOptions},
 * the flags of `deno task train`, `config.json`, the metadata of checkpoints, and the rows of an ablation.
 */
import type { Precision, Target } from "../kernels/mod.ts";
import { type LossEntry, lossTable } from "../losses/mod.ts";
import { defaultFor, keysOf, readSettings, type Row, type ValuesOf } from "../model/settings.ts";
import { RECIPE_SETTINGS, recipeTable } from "./recipes.ts";
import { scheduleFault } from "./schedule.ts";
import { SETTING_TABLE } from "./settings/table.ts";
import { shardFault } from "./shards/shard_count.ts";
import { INITIAL_WEIGHTS_SETTINGS } from "./settings/transfer.ts";

/** The settings that have a flag. */
export const FLAG_SETTINGS = { ...RECIPE_SETTINGS, ...SETTING_TABLE };

/** All settings. */
export const SETTINGS = { ...FLAG_SETTINGS, ...INITIAL_WEIGHTS_SETTINGS };

/** The settings of a run. */
export type TrainingOptions = ValuesOf<typeof SETTINGS>;

/**
 * The settings of a run on an adapter, which decides what they left open. `config.json` and checkpoints hold them; a run
 * resumes only with equal ones.
 */
export type RunOptions = TrainingOptions & { readonly precision: Precision };

/** The settings of a run on adapters of a class: precision `auto` is f16 on a GPU and f32 on a software adapter. */
export function optionsFor({ adapterClass }: Target, options: TrainingOptions): RunOptions {
  const { precision } = options;
  if (precision !== "auto") return { ...options, precision };
  return { ...options, precision: adapterClass === "gpu" ? "f16" : "f32" };
}

/** Adds the recipe's settings and the defaults to those that are given. */
export function completeOptions(given: Partial<TrainingOptions>): TrainingOptions {
  const recipe = recipeTable[given.recipe ?? SETTINGS.recipe.default];
  const values: Record<string, unknown> = { ...recipe.settings, ...given };
  const rows = new Map(Object.entries<Row>(SETTINGS));
  const valueOf = (key: string): unknown => {
    const { defaultBy, default: fixed = false } = rows.get(key) ?? {};
    return values[key] ?? defaultFor<string | number | boolean>(defaultBy ?? fixed, valueOf);
  };
  return readSettings(SETTINGS, Object.fromEntries([...rows.keys()].map((key) => [key, valueOf(key)])));
}

/**
 * Why settings do not fit together, or undefined if they do.
 *
 * @param name how the user writes a setting's key, such as a flag.
 */
export function conflictIn(options: TrainingOptions, name = (key: string) => key): string | undefined {
  const { loss, sampler, neck, idLoss } = options;
  const { samplers, mines }: LossEntry = lossTable[loss];
  if (!samplers.includes(sampler)) {
    return `${name("loss")} ${loss} takes batches of ${name("sampler")} ${
      samplers.join(" or ")
    }; got '${sampler}'`;
  }
  if (options.miningWarmUp > 0 && !mines) {
    const mining = keysOf(lossTable).filter((key) => lossTable[key].mines);
    return `${name("miningWarmUp")} is for losses that select triplets: ${mining.join(", ")}; got ${
      name("loss")
    } ${loss}`;
  }
  if (neck === "bnneck" && idLoss === 0) {
    return `${name("neck")} bnneck requires an identity head: give that a weight, such as ${
      name("idLoss")
    } 1`;
  }
  return shardFault(options, name) ?? scheduleFault(options, name);
}

/**
 * Reads settings from a file.
 *
 * @throws {Error} if one is missing or not allowed, or two do not fit together; the message names them.
 */
export function parseTrainingOptions(value: unknown): TrainingOptions {
  const options = readSettings(SETTINGS, value);
  const conflict = conflictIn(options);
  if (conflict !== undefined) throw new Error(conflict);
  return options;
}
