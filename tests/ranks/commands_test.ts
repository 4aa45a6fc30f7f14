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
  name: "evaluate on ranks prints what one process prints, and embed leaves its files",
  ignore: skipped,
  async fn() {
    assert.equal(NO_MPI, undefined);
    await withFolder(async (folder) => {
      await writeTinyPeople(`${folder}/people`);
      const places = [`--data=${folder}/people`, `--cache=${folder}/cache`];
      const trained = await runTask("train", [...places, ...TINY, "--epochs=1", `--out=${folder}/run`]);
      assert.equal(trained.code, 0, trained.stderr);

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
        const [one, several] = await Promise.all(
          ["alone", "ranks"].map((out) => Deno.readFile(`${folder}/${out}/${file}`)),
        );
        assert.deepEqual(several, one, file);
      }
    });
  },
});
