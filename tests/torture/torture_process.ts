/** Runs a torture in a separate process, which is killed with its children at the time limit. */
import { fileURLToPath } from "node:url";
import type { TortureRow } from "./table.ts";
import { LIMIT_SECONDS, type Outcome, type Torture } from "./torture.ts";

const SCRIPT = fileURLToPath(new URL("./one_torture.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Permissions of the process. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-env", "--allow-ffi", "--allow-run"];

/** Settings of one run of a torture. */
export interface TortureSettings {
  readonly short: boolean;
  readonly seed: number;
  /** Overrides the torture's own time limit. */
  readonly limitSeconds?: number;
  /** Kills the process early. */
  readonly signal?: AbortSignal;
}

/** Runs the torture that a module exports. A process that dies counts as a loss, one that is killed as a hang. */
export async function runTorture(
  name: string,
  module: string,
  { short, seed, limitSeconds, signal }: TortureSettings,
): Promise<TortureRow> {
  const { torture }: { torture: Torture } = await import(module);
  const { promise, limitSeconds: limits = LIMIT_SECONDS } = torture;
  const limit = limitSeconds ?? (short ? limits.short : limits.full);
  const start = performance.now();
  const row = (outcome: Outcome) => ({
    name,
    promise,
    outcome,
    seconds: (performance.now() - start) / 1000,
  });
  const folder = await Deno.makeTempDir({ prefix: "torture-" });
  const outcomeFile = `${folder}/outcome.json`;
  const words = [name, module, String(seed), short ? "short" : "full", outcomeFile];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--v8-flags=--expose-gc",
      `--config=${CONFIG}`,
      ...PERMISSIONS,
      SCRIPT,
      ...words,
    ],
    stdin: "null",
    // The short form mostly compiles: without optimization Mesa's software driver does so faster, to the same bits.
    env: { XDG_RUNTIME_DIR: "/tmp", ...(short && { GALLIVM_PERF: "nopt" }) },
    detached: true, // A process group, so that its children are killed with it.
  }).spawn();
  let late = false;
  const end = () => Deno.kill(-child.pid, "SIGKILL");
  const timer = setTimeout(() => {
    late = true;
    end();
  }, 1000 * limit);
  signal?.addEventListener("abort", end);
  if (signal?.aborted) end();
  try {
    const { success, code } = await child.status;
    if (success) return row(JSON.parse(await Deno.readTextFile(outcomeFile)));
    const nothing = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    return row(
      late
        ? { ...nothing, hangs: 1, figures: `ended after ${limit} s` }
        : { ...nothing, losses: 1, figures: `the process ended with code ${code}` },
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    await Deno.remove(folder, { recursive: true });
  }
}
