/** Commands in jobs that mpirun starts, against the same in one process. */
import assert from "node:assert/strict";
import { commandLine, runTask, withFolder } from "../cli/run_task.ts";
import { TINY, writeTinyPeople } from "../cli/tiny_people.ts";
import { type Mpirun, NO_MPI, runLine } from "./mpirun.ts";

const skipped = NO_MPI !== undefined && !Deno.env.get("CI");
if (skipped) console.warn(`Skipped: ${NO_MPI}`);

/** Runs a task on ranks, with its permissions and that to load MPI's library. */
async function onRanks(program: Mpirun["program"], size: number, task: string, args: readonly string[]) {
  const line = await commandLine(task);
  const script = line.pop()!;
  const words = [Deno.execPath(), ...new Set([...line, "--allow-ffi"]), script, ...args];
  return await runLine([program, "-n", `${size}`, ...words]);
}

Deno.test({
  name: "train and embed on ranks leave the files of one process, and evaluate prints what it prints",
  ignore: skipped,
  async fn() {
    assert.equal(NO_MPI, undefined);
    await withFolder(async (folder) => {
      await writeTinyPeople(`${folder}/people`);
      const places = [`--data=${folder}/people`, `--cache=${folder}/cache`];
      // Each rank has the four images of a batch of other tests, whose shaders the driver then has.
      const train = (out: string) => [...places, ...TINY, "--p=4", "--epochs=1", `--out=${folder}/${out}`];
      const trained = await runTask("train", [...train("run"), "--micro-batches=2"]);
      assert.equal(trained.code, 0, trained.stderr);
      const trainedOnRanks = await onRanks("mpirun.mpich", 2, "train", train("run-on-ranks"));
      assert.equal(trainedOnRanks.code, 0, trainedOnRanks.stderr);
      const same = async (one: string, several: string) => {
        const [expected, found] = await Promise.all(
          [one, several].map((file) => Deno.readFile(`${folder}/${file}`)),
        );
        assert.deepEqual(found, expected, several);
      };
      for (const file of ["scores.json", "checkpoints/step-0000002.safetensors"]) {
        await same(`run/${file}`, `run-on-ranks/${file}`);
      }

      const scoring = ["--multi-query", "--rerank", "--spatial-temporal", "--camera-pairs", "--test-flip"];
      const evaluate = [`--checkpoint=${folder}/run`, ...places, ...scoring];
      const alone = await runTask("evaluate", evaluate);
      const scored = await onRanks("mpirun.mpich", 2, "evaluate", evaluate);
      assert.equal(scored.code, 0, scored.stderr);
      assert.equal(scored.stdout, alone.stdout);
      assert.match(scored.stderr, /^rank 1 of 2: .* on /m);

      const embed = (out: string) => [
        `--checkpoint=${folder}/run`,
        `--images=${folder}/people`,
        `--out=${folder}/${out}/v.npy`,
        "--shard-size=25",
      ];
      assert.equal((await runTask("embed", embed("alone"))).code, 0);
      const embedded = await onRanks("mpirun.openmpi", 2, "embed", embed("ranks"));
      assert.equal(embedded.code, 0, embedded.stderr);
      const files = ["v.npy.manifest.json", "v.npy/part-00000.npy", "v.npy/part-00001.ids.jsonl"];
      for (const file of files) {
        await same(`alone/${file}`, `ranks/${file}`);
      }
    });
  },
});
