/** The runner's side of a peer's process. */
import { join } from "node:path";
import { type Answer, type Failed, MESSAGE, type Opened, shortened, type Turn } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { Task } from "./scenario.ts";

const CONFIG = join(import.meta.dirname!, "deno.json");
const WORKER = join(import.meta.dirname!, "worker.ts");

/** Characters of stderr to keep, enough for the message of a crash. */
const LAST_WORDS = 2000;

/** A running peer. */
export class PeerProcess {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<Answer>;
  #stderr = "";

  /** Starts it. Its first answer comes from {@link opened}. */
  constructor(readonly peer: Peer, task: Task, threads: number) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--config", CONFIG, "--frozen", "--no-prompt"],
        ...["--allow-read", "--allow-env", "--allow-ffi", "--allow-sys"],
        ...[WORKER, peer.key, task.name, String(task.batch), String(threads)],
      ],
      // Read by Mesa's software adapter; other drivers ignore it.
      env: { LP_NUM_THREADS: String(threads), NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#requests = this.#child.stdin.getWriter();
    this.#answers = answers(this.#child.stdout);
    this.#listen();
  }

  /** Loads the library, builds the network, runs once. */
  opened(limitMilliseconds: number): Promise<Opened | Failed> {
    return this.#answer(limitMilliseconds) as Promise<Opened | Failed>;
  }

  /** Runs once, then again until the turn's milliseconds are over. */
  async turn(milliseconds: number, limitMilliseconds: number): Promise<Turn | Failed> {
    // If the process has ended, the answer is missing.
    await this.#requests.write(new TextEncoder().encode(`${milliseconds}\n`)).catch(() => {});
    return await this.#answer(limitMilliseconds) as Turn | Failed;
  }

  /** Ends the process and waits for its end. */
  async end(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It ended by itself.
    }
    await this.#child.status;
    await this.#requests.abort().catch(() => {});
  }

  async #answer(limitMilliseconds: number): Promise<Answer> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Failed>((resolve) => {
      const message = `no answer within ${limitMilliseconds / 1000} s`;
      timer = setTimeout(() => resolve({ kind: "failed", message }), limitMilliseconds);
    });
    const first = await Promise.race([this.#answers.next(), late]);
    clearTimeout(timer);
    if ("kind" in first) return first;
    if (!first.done) return first.value;
    const { code } = await this.#child.status;
    return { kind: "failed", message: `ended with exit code ${code}: ${lastWords(this.#stderr)}` };
  }

  async #listen(): Promise<void> {
    for await (
      const text of this.#child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      this.#stderr = (this.#stderr + text).slice(-LAST_WORDS);
    }
  }
}

function lastWords(stderr: string): string {
  const error = stderr.lastIndexOf("error:");
  return shortened(stderr.slice(Math.max(error, 0))) || "nothing on stderr";
}

/** The messages among the lines of a peer's standard output. */
async function* answers(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Answer> {
  let rest = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(MESSAGE)) {
        yield JSON.parse(line.slice(MESSAGE.length));
      }
    }
  }
}
