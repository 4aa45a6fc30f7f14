/** Times this engine and other libraries in turns: same network, batch, loss, optimizer and adapter. */
import { type Command, type FlagTable, type FlagValues, parseFlags, UsageError } from "../../cli/flags.ts";
import { EXIT, runCommand } from "../../cli/command.ts";
import { MNIST_BATCH } from "./mnist.ts";
import { OURS, type Peer, PEERS } from "./peer.ts";
import { type Outcome, timeTask } from "./rounds.ts";
import { SIZE, type Task, TASK_NAMES, taskInWords, TRAINING_BATCH } from "./scenario.ts";
import { disagreeing, taskTable } from "./table.ts";

/** The command and its help. */
export const COMMAND: Command = {
  usage: "deno task bench:peers",
  summary:
    `Times a training step (batch-hard triplet loss, Adam) and the forward pass of MobileNetV2 ${SIZE.width} at ` +
    `${SIZE.height}×${SIZE.imageWidth}, and of a small network (two convolutions, one dense layer) on images of MNIST's size, ` +
    `in this engine and in other libraries, on the same adapter in the same run. All take the same weights and images; that their results agree is checked. Each runs in a separate process, one ` +
    `at a time, in turns; a first run, in which shaders are compiled, is told apart. Who takes part: ` +
    `${PEERS.map(({ key }) => key).join(", ")}. The first use downloads the libraries from npm.`,
  examples: [
    ["deno task bench:peers --quick", "one forward pass each, in a minute or two"],
    ["deno task bench:peers --only jax-webgpu,jax-wasm", "these and ours"],
    ["deno task bench:peers --tasks mnist", "the small network alone"],
    ["deno task bench:peers --cores 2 --skip tfjs-webgpu --out peers.json", "keeps every time"],
  ],
};

const FLAGS = {
  cores: {
    type: "integer",
    min: 1,
    max: 256,
    default: 1,
    help: "Threads of a software adapter, and of the libraries that compute on the CPU.",
  },
  rounds: {
    type: "integer",
    min: 1,
    max: 100,
    default: 3,
    help: "Turns that each side gets; those that take over 10 s a run get two at most.",
  },
  only: { type: "string", value: "A,B", help: "Who takes part besides ours." },
  skip: { type: "string", value: "A,B", help: "Who does not." },
  tasks: {
    type: "string",
    value: "A,B",
    help: `What is timed: ${TASK_NAMES.join(", ")}; all by default.`,
  },
  quick: { type: "boolean", help: "The forward pass of 4 images only, one round." },
  full: { type: "boolean", help: "16 images also for those that need more than 2 s for 4." },
  out: { type: "string", value: "FILE", help: "Writes the times and losses of every run as JSON." },
} as const satisfies FlagTable;

/** The parsed flags. */
export type PeersOptions = Omit<FlagValues<typeof FLAGS>, "only" | "skip" | "tasks"> & {
  peers: readonly Peer[];
  tasks: readonly string[];
};

/** Times in milliseconds above which a library is left out of the batch of 16. */
const LONG = 2000;

/** Parses the command line. @throws {UsageError} for an unknown name. */
export function parseOptions(args: readonly string[]): PeersOptions {
  const { only, skip, tasks, ...options } = parseFlags(COMMAND, FLAGS, args);
  const keys = PEERS.map(({ key }) => key);
  const [chosen, left] = [names("only", only, keys), names("skip", skip, keys)];
  const peers = PEERS.filter((peer) =>
    peer === OURS ||
    ((chosen === undefined || chosen.includes(peer.key)) &&
      !left?.includes(peer.key))
  );
  return {
    ...options,
    rounds: options.quick ? 1 : options.rounds,
    peers,
    tasks: names("tasks", tasks, TASK_NAMES) ?? TASK_NAMES,
  };
}

function names(flag: string, list: string | undefined, known: readonly string[]): string[] | undefined {
  const keys = list?.split(",").map((key) => key.trim()).filter((key) => key !== "");
  const unknown = keys?.find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`--${flag} takes names out of ${known.join(", ")}; got '${unknown}'`);
  }
  return keys;
}

/** Tasks in the order in which they are timed. */
export function tasksOf({ quick, tasks }: Pick<PeersOptions, "quick" | "tasks">): Task[] {
  const forward: Task = { name: "forward", batch: 4 };
  const all: Task[] = [
    forward,
    { name: "forward", batch: 16 },
    { name: "train", batch: TRAINING_BATCH },
    { name: "mnist", batch: MNIST_BATCH },
  ];
  return quick ? [forward] : all.filter(({ name }) => tasks.includes(name));
}

/** Libraries that were too slow on the small batch to run a larger one. */
function tooLong(earlier: readonly Outcome[]): Map<Peer, string> {
  return new Map(earlier.flatMap((outcome) => {
    if (outcome.kind === "refused" || outcome.median <= LONG) return [];
    const took = (outcome.median / 1000).toFixed(1);
    return [[outcome.peer, `not asked, as 4 images took ${took} s; --full asks it`]];
  }));
}

/** Runs the bench. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  const { cores: threads, rounds, full, out } = options;
  const onProgress = (what: string) => console.error(`  ${what}`);
  const all: { task: Task; outcomes: Outcome[] }[] = [];
  for (const task of tasksOf(options)) {
    console.error(`${taskInWords(task)}:`);
    const long = full || task.batch !== 16 ? new Map<Peer, string>() : tooLong(all[0].outcomes);
    const asked = options.peers.filter((peer) => !long.has(peer));
    const outcomes = await timeTask(task, asked, { rounds, threads, onProgress });
    for (const [peer, said] of long) {
      outcomes.push({ kind: "refused", peer, said });
    }
    all.push({ task, outcomes });
    console.log(`\n${adapters(outcomes)}${taskTable(task, outcomes)}\n`);
  }
  if (out !== undefined) {
    const withoutEmbeddings = (key: string, value: unknown) =>
      key === "result" && Array.isArray(value) && value.length > 1 ? undefined : value;
    await Deno.writeTextFile(out, JSON.stringify({ threads, tasks: all }, withoutEmbeddings, 1));
  }
  return all.some(({ outcomes }) => disagreeing(outcomes).length > 0) ? EXIT.failed : EXIT.done;
}

/** The adapter that all libraries used, or the adapter of each. */
function adapters(outcomes: readonly Outcome[]): string {
  const used = outcomes.flatMap((outcome) => {
    return outcome.kind === "timed" && outcome.opened.adapter !== undefined
      ? [{ key: outcome.peer.key, adapter: outcome.opened.adapter }]
      : [];
  });
  const different = new Set(used.map(({ adapter }) => adapter));
  if (different.size === 1) {
    return `Adapter of all on WebGPU: ${used[0].adapter}\n`;
  }
  return used.map(({ key, adapter }) => `Adapter of ${key}: ${adapter}\n`).join("");
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
