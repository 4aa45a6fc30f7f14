import { type LossEntry, lossTable } from "../../losses/mod.ts";

/** The defaults that depend on the loss, for `--help`. */
export function defaultsOf(name: keyof LossEntry["defaults"]): string {
  return Object.values(lossTable).map(({ key, defaults }) => `${defaults[name]} for ${key}`).join(", ");
}
