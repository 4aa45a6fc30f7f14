/** Runs one torture in this process: its name, its module, seed, "short" or "full", and the file that takes its outcome. */
import { type Progress, progress as startProgress } from "../../cli/progress.ts";
import type { Torture } from "./torture.ts";

const [name, module, seed, length, place] = Deno.args;
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
await Deno.writeTextFile(place!, JSON.stringify(outcome));
// A worker or a timer that was left behind must not keep the process.
Deno.exit(0);
