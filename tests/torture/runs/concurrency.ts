/** Processes that start runs in one folder, decode into one cache, and tune into one cache at the same time. */
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { readDataset } from "../../../data/read_dataset.ts";
import { CHECKPOINTS } from "../../../train/checkpoint_files.ts";
import { isIntact } from "../../../train/checksum.ts";
import { readConfig } from "../../../train/run_folder.ts";
import { atOnce } from "../../at_once.ts";
import { type Ended, runTask } from "../../cli/run_task.ts";
import { TINY, writeTinyPeople } from "../../cli/tiny_people.ts";
import { CONFIG, digestOfPixels } from "../../concurrency_process.ts";
import type { Outcome, Torture, TortureContext } from "../torture.ts";

/** Processes at a time. */
const PROCESSES = 3;
/** Rounds of each kind. */
const ROUNDS = {
  short: { folders: 10, caches: 3, tuned: 3, trainings: 1 },
  full: { folders: 200, caches: 50, tuned: 40, trainings: 20 },
};
const LAST = `${CHECKPOINTS}/step-0000004.safetensors`;
const SIZES = [{ height: 32, width: 16 }, { height: 40, width: 20 }];

export const torture: Torture = {
  promise:
    "Of several runs that start in one folder at the same time, exactly one is accepted; runs that share a pixel cache or a tuner cache get the results of a run alone",
  async run(context: TortureContext): Promise<Outcome> {
    const rounds = context.short ? ROUNDS.short : ROUNDS.full;
    const total = Object.values(rounds).reduce((a, b) => a + b);
    const counts = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    const note = (what: string, fault: string | undefined) => {
      counts.trials++;
      context.progress(counts.trials, total);
      if (fault === undefined) return;
      counts.wrong++;
      context.say(`${what}: ${fault}`);
    };
    const folder = await Deno.makeTempDir({ prefix: "concurrency-" });
    try {
      const people = join(folder, "people");
      await writeTinyPeople(people);
      await oneFolder(folder, rounds.folders, note);
      await oneCache(folder, people, rounds.caches, note);
      await oneTunedCache(folder, rounds.tuned, note);
      await wholeTrainings(folder, people, rounds.trainings, note);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    const figures =
      `${rounds.folders} folders and ${rounds.caches} caches of pixels by ${PROCESSES} processes each, ` +
      `${rounds.tuned} tunings, ${rounds.trainings} times three trainings`;
    return { ...counts, figures };
  },
};

type Note = (what: string, fault: string | undefined) => void;

async function oneFolder(folder: string, rounds: number, note: Note): Promise<void> {
  const folders = Array.from({ length: rounds }, (_, i) => join(folder, `run-${i}`));
  const answers = await atOnce(Array.from({ length: PROCESSES }, () => ({ kind: "run", folders })));
  for (const [i, run] of folders.entries()) {
    const each = answers.map((lines) => lines[i]!);
    const refused = each.filter((line) => /^refused: .*(Another process|is not empty)/.test(line)).length;
    const whole = isDeepStrictEqual(await readConfig(run), CONFIG);
    const right = refused === PROCESSES - 1 && each.includes("let in") && whole;
    note("one folder", right ? undefined : each.join("; "));
  }
}

async function oneCache(folder: string, people: string, rounds: number, note: Note): Promise<void> {
  const { train } = await readDataset(people);
  const right = await Promise.all(SIZES.map((size) => digestOfPixels(train, size)));
  await Deno.mkdir(join(folder, "pixels"));
  const caches = Array.from({ length: rounds }, (_, i) => join(folder, "pixels", `${i}.pixels`));
  const sizes = Array.from({ length: PROCESSES }, (_, i) => i % SIZES.length);
  const answers = await atOnce(sizes.map((size) => ({ kind: "pixels", people, size: SIZES[size]!, caches })));
  for (const i of caches.keys()) {
    const wrong = answers.findIndex((lines, process) => lines[i] !== right[sizes[process]!]);
    note("one cache of pixels", wrong < 0 ? undefined : `process ${wrong} read other pixels`);
  }
}

async function oneTunedCache(folder: string, rounds: number, note: Note): Promise<void> {
  const cache = join(folder, "kernels");
  const rows = Array.from(
    { length: PROCESSES },
    (_, p) => Array.from({ length: rounds }, (_, i) => 1000 * (p + 1) + i),
  );
  const answers = await atOnce(rows.map((rows) => ({ kind: "variants", rows, cache })));
  const file = [...Deno.readDirSync(cache)].map(({ name }) => name).find((name) => name.endsWith(".json"));
  const kept = file === undefined ? {} : JSON.parse(await Deno.readTextFile(join(cache, file)));
  // A key is the work, which the processes print, and a hash of what its variants compile.
  const lines = new Set(
    Object.entries(kept).map(([key, choice]) => `${key.replace(/ [0-9a-f]{16}$/, "")} ${choice}`),
  );
  for (let i = 0; i < rounds; i++) {
    const lost = answers.map((answer) => answer[i]!).find((line) => !lines.has(line));
    note("one cache of tuned kernels", lost && `${lost} is lost`);
  }
}

/** Compares three trainings that start together with one cache, two of them in one folder, with a training alone. */
async function wholeTrainings(folder: string, people: string, rounds: number, note: Note): Promise<void> {
  const train = (out: string, cache: string) =>
    runTask("train", [
      `--out=${join(folder, out)}`,
      `--data=${people}`,
      ...TINY,
      `--cache=${join(folder, cache)}`,
    ]);
  const last = (out: string) => Deno.readFile(join(folder, out, LAST)).catch(() => new Uint8Array());
  const { code, stderr } = await train("alone", "cache-alone");
  if (code !== 0) throw new Error(`A training alone ended with code ${code}: ${stderr}`);
  const expected = await last("alone");
  const isRight = async (out: string) => {
    const found = await last(out);
    return await isIntact(found) === true && found.length === expected.length &&
      found.every((byte, i) => byte === expected[i]);
  };
  for (let round = 0; round < rounds; round++) {
    const [one, other] = [`train-${round}`, `other-${round}`];
    const ended = await Promise.all([one, one, other].map((out) => train(out, `cache-${round}`)));
    const fault = faultOf(ended) ?? (await isRight(one) && await isRight(other) ? undefined : "other bytes");
    note("trainings", fault);
  }
}

function faultOf(ended: readonly Ended[]): string | undefined {
  const [letIn, refused] = ended.slice(0, 2).toSorted((a, b) => a.code - b.code);
  const right = letIn!.code === 0 && refused!.code === 1 && ended[2]!.code === 0 &&
    /^error: .*(Another process|is not empty)/m.test(refused!.stderr);
  return right ? undefined : ended.map(({ code, stderr }) => `code ${code}: ${stderr}`).join("; ");
}
