/**
 * Every command of README.md, CONTRIBUTING.md and docs/ is parsed by its own parser, and the cheap ones run in
 * newcomer_test.ts. What does not run says why.
 */
import assert from "node:assert/strict";
import { BENCHMARK_SYNTHETIC, DEFAULT_SYNTHETIC } from "../../data/synthetic/options.ts";
import { planImages } from "../../data/synthetic/plan.ts";
import { commands, pages, read } from "./markdown.ts";
import { QUERY, RUN, taskOf } from "./run_commands.ts";
import { helpTexts, PARSING, refusal, TASKS } from "./tasks.ts";

/** Commands that are parsed and do not run here, with the reason. */
const PARSED: Readonly<Record<string, string>> = {
  "deno task train --loss hard": "the same as with npx, which runs",
  "deno task train --data people": "the same training on other people",
  "deno task train --data crops --identity-from '^(\\d+)-' --camera-from '(cam\\d)'":
    "tests/data/path_patterns_test.ts reads such folders",
  "deno task train --data Market-1501-v15.09.15 people.csv":
    "tests/cli/own_people_test.ts trains on two datasets",
  "deno task train --data synthetic:benchmark": "trains for minutes",
  "deno task train --recipe strong --data Market-1501-v15.09.15 --width 1 --image-height 256 --image-width 128 --epochs 120":
    "needs the dataset and a GPU",
  "deno task search --image crop.jpg --threshold auto": "tests/cli/index_test.ts searches with a threshold",
  "deno task train --holdout-people 64": "tests/cli/train_test.ts holds people out",
  "deno task train --resume runs/hard": "tests/cli/train_test.ts resumes a run",
  "deno task train --help": "tests/cli/least_privilege_test.ts prints every --help",
  "deno task train --weights FILE --pretrained-blocks 18": "tests/cli/weights_test.ts trains from files",
  "deno task inspect --data people --list remove.tsv": "tests/inspect/command_test.ts runs it",
  "deno task weights mobilenet_v2.pth": "tests/cli/weights_command_test.ts lists a file",
  "deno task weights https://download.pytorch.org/models/mobilenet_v2-7ebf99e0.pth --out mobilenet_v2.safetensors":
    "fetches from the web; tests/cli/weights_command_test.ts fetches from this machine",
  "deno task torture --only weights": "runs for minutes",
  "deno task compare --runs runs/hard runs/basic --data people synthetic:benchmark":
    "tests/cli/compare_test.ts compares drawn networks",
  "deno task augment --preview out.png": "tests/cli/augment_test.ts draws it",
  "deno task embed --checkpoint demo --images crops --out vectors.parquet":
    "newcomer_test.ts embeds by a run",
  "deno task index add --images crops --checkpoint demo": "newcomer_test.ts adds by a run",
  "deno task search --image crop.jpg": "newcomer_test.ts searches",
  "deno task explain --query a.jpg --match b.jpg --out x.png": "tests/cli/explain_test.ts draws it",
  "deno task synth --set benchmark --seed 24 --train-identities 500 --cameras 10 --test-identities 20 --distractors 0 --junk 0 --out demo-people":
    "draws 10,000 images",
  "deno task train --recipe strong --data demo-people --width 0.35 --epochs 16 --batches-per-epoch 250 --out runs/demo":
    "trains for 16 minutes",
  "deno task export --checkpoint runs/demo --format model --dtype f16 --out train/demo/network.safetensors --overwrite":
    "replaces a file of the repository",
  "deno task evaluate --checkpoint demo --data synthetic:default --json":
    "tests/cli/demo_test.ts evaluates it",
  "deno task evaluate --checkpoint demo --data synthetic:benchmark --json":
    "tests/cli/demo_test.ts evaluates it",
  "deno task explain --query a.jpg --match b.jpg c.jpg --out x.png --checkpoint runs/hard":
    "tests/cli/explain_test.ts draws it",
  "deno task doctor --self-test": "compiles for most of a minute on a software adapter",
  "deno task plan --profile default": "tests/bench/plan_test.ts plans for it",
  "deno task plan --profile server --width 1 --image-height 256 --image-width 128 --batch 512 --ranks 8 --network 25 --latency 2":
    "tests/bench/scaling_test.ts prints such a table",
  "deno task plan --profile software --ranks 4 --step-time 877 --network 1 --latency 100":
    "tests/bench/scaling_test.ts prints such a table",
  "deno task train --loss hard --p 16 --micro-batches 4":
    "tests/ranks/commands_test.ts trains in micro-batches",
  "mpirun -n 4 deno task train --loss hard --p 16": "tests/ranks/commands_test.ts trains on ranks",
  "mpirun -n 2 deno task train --loss hard --p 16 --micro-batches 4":
    "tests/ranks/commands_test.ts trains on ranks",
  "mpirun --hostfile hosts.txt --map-by ppr:4:node --bind-to none -n 8 deno task train --loss hard --p 32":
    "needs two machines with eight adapters",
  "mpirun -f hosts.txt -ppn 4 -n 8 deno task train --loss hard --p 32":
    "needs two machines with eight adapters",
  "mpirun -n 4 deno task evaluate --checkpoint runs/hard --rerank":
    "tests/ranks/commands_test.ts evaluates on ranks",
  "deno task doctor --json": "tests/cli/doctor_test.ts runs it",
  "deno task bench:peers --tasks mnist --rounds 5": "downloads other libraries, and times them for minutes",
  "deno task web": "serves until Ctrl-C; tests/web/ opens the pages",
  "deno task mutants --only losses/": "runs tests for minutes",
  "deno task torture --short": "CI runs it, two at a time: it takes minutes",
  "deno task torture --only NAME --seed 3": "NAME stands for a torture",
  "deno task torture --only NAME --seed 3 --markdown docs/reliability.md": "NAME stands for a torture",
};

/** Commands that belong to no task, or whose text is not complete, with the reason why they do not run here. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "git clone URL reid-webgpu && cd reid-webgpu": "URL stands for the address of the repository",
  "./setup.sh": "installs packages; .ci/run begins with it",
  "./setup.sh --chromium": "installs packages; .ci/run begins with it",
  "./setup.sh --chromium --mpi": "installs packages; .ci/run begins with it",
  ".ci/run": "runs all tests",
  "npx -y deno@2.9.6 task": "the beginning of a command",
  "deno task": "lists the tasks",
  "LP_NUM_THREADS=1 mpirun -n 2 deno task bench:ranks --micro-batches 4":
    "times, for people; tests/cli/least_privilege_test.ts runs it on one rank",
  "deno task build:npm": "tests/npm/ builds the package",
  "npm install ./reid-webgpu-0.1.0.tgz webgpu": "tests/npm/ installs the package",
  "cd dist/npm": "goes with the line before it",
  "npm pack --dry-run": "tests/npm/ packs the package",
  "npm publish": "publishes",
  "deno publish --dry-run": "deno task check ends with it",
  "deno publish": "publishes",
  "deno doc mod.ts": "deno task check runs deno doc",
  "deno test --doc": "the test task runs it",
  "deno run --allow-read --allow-write tests/docs/ops_table.ts": "tests/docs/ops_table_test.ts compares",
  "deno run --allow-read --allow-run tests/house/counts.ts": "counts for people; tests/layers_test.ts checks",
  "deno run examples/train_mlp.ts": "tests/examples_test.ts runs it",
  "deno run examples/own_op.ts": "tests/examples_test.ts runs it",
  "deno run examples/own_embeddings.ts": "tests/examples_test.ts runs it",
  "deno run examples/mnist.ts": "tests/examples_test.ts runs it",
  "deno run examples/unseen_digits.ts": "tests/examples_test.ts runs it",
  "deno run examples/attention.ts": "tests/examples_test.ts runs it",
  "deno run examples/transfer.ts": "tests/examples_test.ts runs it",
  "deno run --allow-read=people,.cache --allow-write=runs,.cache … cli/train.ts --data people":
    "shows the form of a line",
};

/** Whether a command only names a task, or one of its actions, as text does that speaks of it. */
function isName(command: string): boolean {
  const parts = taskOf(command);
  return command.startsWith("deno ") && parts !== undefined &&
    parts.args.every((arg) => /^[a-z]+$/.test(arg));
}

const ALL = pages().flatMap((page) => commands(read(page)).map((command) => ({ page, command })));

Deno.test("every command of the documentation is listed here, and every listed command is in the documentation", () => {
  const listed = [RUN, PARSED, NOT_RUN].flatMap(Object.keys);
  assert.equal(new Set(listed).size, listed.length, "a command is listed twice");
  const found = ALL.map(({ command }) => command);
  const unlisted = ALL.filter(({ command }) => !listed.includes(command) && !isName(command));
  assert.deepEqual(unlisted, [], "add a row: run it, parse it, or say why not");
  assert.deepEqual(listed.filter((command) => !found.includes(command)), [], "no page has this command");
});

Deno.test("every task that the documentation names is in deno.json, and its parser accepts its flags", async () => {
  for (const { page, command } of ALL) {
    const parts = taskOf(command);
    if (parts === undefined) continue;
    const { task, args } = parts;
    assert.ok(Object.hasOwn(TASKS, task), `${page}: there is no task ${task}`);
    if (!PARSING.includes(task)) assert.deepEqual(args, [], `${page}: ${task} takes no flags`);
    else if (task !== "index" || args.length > 0) {
      assert.equal(await refusal(task, args), undefined, `${page}: ${command}`);
    }
  }
});

Deno.test("the parser accepts every example of every --help", async () => {
  let count = 0;
  for (const task of PARSING) {
    for (const text of await helpTexts(task)) {
      for (const [, line] of text.matchAll(/^ {2}(?:[^#\n]*\| )?(deno task .*)$/gm)) {
        const { task, args } = taskOf(line)!;
        assert.equal(await refusal(task, args), undefined, line);
        count++;
      }
    }
  }
  assert.ok(count > 30, `${count} examples`);
});

Deno.test("a flag that a command does not have is refused", async () => {
  for (const task of PARSING.filter((task) => task !== "index")) {
    assert.match((await refusal(task, ["--no-such-flag", "1"]))!, /Unknown flag --no-such-flag/, task);
  }
  assert.match((await refusal("index", ["add", "--no-such-flag"]))!, /Unknown flag --no-such-flag/);
});

Deno.test("the query of the documentation is among the synthetic people that are drawn by default", () => {
  const files = planImages({ ...DEFAULT_SYNTHETIC }).map(({ file }) => `people/${file}`);
  assert.ok(files.includes(QUERY));
  assert.ok(!planImages({ ...BENCHMARK_SYNTHETIC }).some(({ file }) => `people/${file}` === QUERY));
});
