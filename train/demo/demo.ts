/**
 * The network that comes with the program: a demonstration, trained on synthetic people only, so that commands do
 * something before anything was trained. docs/demo.md says how it was made; `scores.json` holds what
 * `deno task evaluate` found.
 */
import { fileURLToPath } from "node:url";
import scores from "./scores.json" with { type: "json" };

/** What the network is called where a run, a checkpoint or a model file is asked for. */
export const DEMO = "demo";

/** The path of its model file. */
export const DEMO_PATH = fileURLToPath(new URL("./network.safetensors", import.meta.url));

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** In one sentence, what the network is and how good. */
export const DEMO_IN_WORDS = `a demonstration, trained on synthetic people only: mAP ${
  percent(scores.default.mAP)
} on other synthetic people, ${percent(scores.benchmark.mAP)} on harder ones, not measured on photos`;

/** The line to print wherever the network is used. */
export async function demoNote(): Promise<string> {
  const own = await Deno.stat(DEMO).then(() => true, () => false);
  const hint = own ? `; ${DEMO} in this folder is ./${DEMO}` : "";
  return `note: the network "${DEMO}" is ${DEMO_IN_WORDS}${hint}`;
}
