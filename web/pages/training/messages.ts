/** What the page and its worker say to each other. */
import type { People } from "./people.ts";
import type { Score, StepView } from "./session.ts";
import type { RunSettings } from "./settings.ts";

/** What the page asks of the worker. */
export type Command =
  /** Draw the people and build the network, both anew. */
  | { readonly do: "reset"; readonly settings: RunSettings }
  /** Go on with other settings. */
  | { readonly do: "change"; readonly settings: RunSettings }
  | { readonly do: "run" | "pause" | "step" };

/** Why a run cannot go on: the GPU is missing or lost, the loss is no number any more, or something else. */
export type FailureKind = "no-adapter" | "lost" | "not-a-number" | "other";

/** What the worker tells the page. */
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
