/** Runs each cell in its own process, several at a time. */
import { join } from "node:path";
import type { CellResult } from "../../train/ablation/cell.ts";
import type { CellMessage, CellRequest } from "./cell_process.ts";

/** How to run cells, and whom to tell. */
export interface RunSettings<T extends CellRequest> {
  /** Processes at a time. */
  readonly jobs: number;
  /** Threads of a software adapter in each process; as many as it likes where left out. */
  readonly threads?: number;
  readonly onProgress: (cell: T, share: number) => void;
  readonly onResult: (cell: T, result: CellResult) => Promise<void>;
  /** Called with what a process wrote to stderr before it failed, or how it ended; the other cells go on. */
  readonly onFailure: (cell: T, message: string) => void;
  /** Ends all processes at once. */
  readonly signal: AbortSignal;
}

/** What a process of a cell may do: what `deno task train` may. */
const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env=XDG_RUNTIME_DIR,IMAGESCRIPT_WASM_SIMD",
  "--allow-ffi",
];
const SCRIPT = join(import.meta.dirname!, "cell_process.ts");
const CONFIG = join(import.meta.dirname!, "..", "..", "deno.json");

/** Runs the cells in their order; resolves when all have ended or the signal is aborted. */
export async function runCells<T extends CellRequest>(
  cells: readonly T[],
  settings: RunSettings<T>,
): Promise<void> {
  const waiting = [...cells];
  await Promise.all(Array.from({ length: settings.jobs }, async () => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      if (settings.signal.aborted) return;
      await runOne(cell, settings);
    }
  }));
}

async function runOne<T extends CellRequest>(cell: T, settings: RunSettings<T>): Promise<void> {
  const { threads, signal } = settings;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", CONFIG, ...PERMISSIONS, SCRIPT],
    env: { DENO_NO_PROMPT: "1", ...(threads !== undefined && { LP_NUM_THREADS: String(threads) }) },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGKILL"); // It holds nothing that is to be kept.
    } catch {
      // It has just ended by itself, and its result is being kept.
    }
  };
  signal.addEventListener("abort", end);
  try {
    const { options, data, layout, cache } = cell;
    const errors = new Response(child.stderr).text();
    const request: CellRequest = { options, data, layout, cache };
    await new Blob([JSON.stringify(request)]).stream().pipeTo(child.stdin).catch(() => {}); // Who ends too early says why.
    let result: CellResult | undefined;
    for await (const message of messages(child.stdout)) {
      if ("result" in message) result = message.result;
      else settings.onProgress(cell, message.share);
    }
    const { success, code, signal: killedBy } = await child.status;
    if (success && result !== undefined) await settings.onResult(cell, result);
    else if (!signal.aborted) {
      const end = killedBy === null ? `exit code ${code}` : `${killedBy}, as when memory runs out`;
      settings.onFailure(cell, (await errors).trim() || `its process said nothing and ended with ${end}`);
    }
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function* messages(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<CellMessage> {
  let unread = "";
  for await (const piece of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + piece).split("\n");
    unread = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
