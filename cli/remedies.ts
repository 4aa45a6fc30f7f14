/** Flags and tasks for what the layers below know as data: the one place where errors and flags meet. */
import type { DataRemedy } from "../data/errors.ts";
import type { InspectAdapters } from "../engine/mod.ts";
import { asFlags, flagName } from "./flag_table.ts";
import type { RanksRemedy } from "../ranks/mod.ts";
import type { SearchRemedy } from "../search/errors.ts";
import type { RunRemedy } from "../train/errors.ts";
import type { SiteRemedy } from "../web/errors.ts";

type Remedy = InspectAdapters | DataRemedy | RanksRemedy | RunRemedy | SearchRemedy | SiteRemedy;

/** What a layer has to say: a sentence or several, and as data what helps. */
export interface Advice {
  /** In general words. */
  readonly message: string;
  /** What the message speaks of, in its order. */
  readonly remedies: readonly Remedy[];
}

/** The message with the flags and tasks of its remedies in parentheses, before its full stop where it has one. */
export function withFlags({ message, remedies }: Advice): string {
  const flags = remedies.map(flagsFor).filter((text) => text !== "").join("; ");
  return flags === "" ? message : message.replace(/\.?$/, (stop) => ` (${flags})${stop}`);
}

function flagsFor(remedy: Remedy): string {
  switch (remedy.kind) {
    case "add-images":
      return `deno task index add ${
        remedy.index === undefined ? "" : `--index ${remedy.index} `
      }--images DIR --checkpoint RUN`;
    case "change":
      return remedy.settings.map((key) => `--${flagName(key)}`).join(", ");
    case "convert-weights":
      return `deno task weights FILE --out ${remedy.to}`;
    case "dataset-folder":
      return "without --data, synthetic people are used";
    case "debug-numerics":
      return "--resume with --debug-numerics";
    case "export-model":
      return "deno task export makes one";
    case "export-weights":
      return "deno task export --format safetensors";
    case "inspect-adapters":
      return "deno task doctor shows what is seen";
    case "layout":
      return remedy.names.map((name) => `--layout ${name}`).join(" or ");
    case "not-distributed":
      return "--distributed off";
    case "other-output":
      return "another --out";
    case "permit-environment":
      return `deno run --allow-env=${remedy.variables.join(",")}`;
    case "permit-ffi":
      return "deno run --allow-ffi";
    case "resume":
      return remedy.run === undefined ? "--resume" : `--resume ${remedy.run}`;
    case "run-folder":
      return "such as runs/hard";
    case "same-again":
      return "the same command goes on";
    case "self-test":
      return "deno task doctor --self-test writes a report";
    case "set":
      return asFlags(remedy.settings).replaceAll("--no-", "without --");
    case "written-vectors":
      return "what was given to deno task embed --out";
    default:
      return remedy satisfies never;
  }
}
