/**
 * The process of one peer and one task: opens it, then runs one turn for each line on standard input. A line holds the
 * milliseconds that the turn should take. Separate processes keep a crash or a leak of one peer from the others.
 */
import process from "node:process";
import { meterGpu } from "./gpu_meter.ts";
import { type Answer, MESSAGE, type Run } from "./messages.ts";
import { type PeerModule, PEERS, type Session } from "./peer.ts";
import type { TaskName } from "./scenario.ts";

/** Maximum number of runs in a turn. */
const MOST_RUNS = 20;

const [key, name, batch, threads] = Deno.args;
const peer = PEERS.find((peer) => peer.key === key)!;
const used = meterGpu();

function answer(message: Answer): void {
  console.log(MESSAGE + JSON.stringify(message));
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function timed(session: Session): Promise<Run> {
  const [before, start, cpuStart] = [used(), performance.now(), cpuMilliseconds()];
  const result = await session.run();
  const [milliseconds, cpu, now] = [performance.now() - start, cpuMilliseconds() - cpuStart, used()];
  return {
    milliseconds,
    cpuMilliseconds: cpu,
    dispatches: now.dispatches - before.dispatches,
    submits: now.submits - before.submits,
    result: Array.from(result),
  };
}

async function adapterName(): Promise<string | undefined> {
  if (peer.backend !== "webgpu") return undefined;
  const info = (await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }))?.info;
  return info && (info.description || info.device || info.vendor);
}

async function serve(): Promise<void> {
  const start = performance.now();
  const module: PeerModule = await import(peer.module);
  const task = { name: name as TaskName, batch: Number(batch) };
  const session = await module.open(task, { backend: peer.backend, threads: Number(threads) });
  const openMilliseconds = performance.now() - start;
  const first = await timed(session);
  answer({ kind: "opened", openMilliseconds, first, adapter: await adapterName() });
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const line of lines) {
    const until = performance.now() + Number(line);
    const runs: Run[] = [];
    do runs.push(await timed(session)); while (performance.now() < until && runs.length < MOST_RUNS);
    answer({ kind: "turn", runs, gpu: used() });
  }
}

globalThis.addEventListener("unhandledrejection", (event) => {
  answer({ kind: "failed", message: String(event.reason?.message ?? event.reason) });
});
await serve().catch((error) => answer({ kind: "failed", message: String(error?.message ?? error) }));
Deno.exit();
