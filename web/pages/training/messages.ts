/** Messages between the page and its worker. */
import type { People } from "./people.ts";
import type { Score, StepView } from "./session.ts";
import type { RunSettings } from "./settings.ts";

/** Messages from the page to the worker. */
export type Command =
  /** Draw the people and build the network. */
  | { readonly do: "reset"; readonly settings: RunSettings }
  /** Continue with other settings. */
  | { readonly do: "change"; readonly settings: RunSettings }
  | { readonly do: "run" | "pause" | "step" };

/** Why a run stopped: the GPU is missing or lost, the loss is not finite, or another reason. */
export type FailureKind = "no-adapter" | "lost" | "non-finite" | "other";

/** Messages from the worker to the page. */
export type Report =
  | { readonly is: "drawing"; readonly share: number }
  | { readonly is: "people"; readonly pictures: People["pictures"]; readonly identity: People["identity"] }
  | { readonly is: "preparing"; readonly adapter: string; readonly software: boolean }
  | { readonly is: "ready"; readonly step: number }
  | { readonly is: "running" }
  | { readonly is: "step"; readonly view: StepView; readonly seconds: number }
  | { readonly is: "scoring" }
  | { readonly is: "score"; readonly score: Score }
  | { readonly is: "failure"; readonly kind: FailureKind; readonly text: string };

/** The latest step in full, for tests and for the browser's console. */
declare global {
  var latestStep: StepView | undefined;
}
