/** Runs one torture in this process. Arguments: name, module, seed, "short" or "full", and the file for the outcome. */
import { type Progress, progress as startProgress } from "../../cli/progress.ts";
import type { Torture } from "./torture.ts";

const [name, module, seed, length, outcomeFile] = Deno.args;
const { torture }: { torture: Torture } = await import(module!);
let shown: Progress | undefined;
const outcome = await torture.run({
  short: length === "short",
  seed: Number(seed),
  say: (text) => console.error(`${name}: ${text}`),
  progress: (done, total) => {
    shown ??= startProgress({ label: name!, total, unit: "trials" });
    shown.update(done);
  },
});
shown?.finish();
await Deno.writeTextFile(outcomeFile!, JSON.stringify(outcome));
// A worker or timer that is still alive must not keep the process running.
Deno.exit(0);
