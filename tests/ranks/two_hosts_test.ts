/** Ranks on two hosts, which have nothing in common but a network. */
import assert from "node:assert/strict";
import { commandLine, runTask, withFolder } from "../cli/run_task.ts";
import { TINY, writeTinyPeople } from "../cli/tiny_people.ts";
import { assertSameBytes } from "../train/same_bytes.ts";
import { jobLine, LAUNCHERS, NO_MPI } from "./mpirun.ts";
import { noHosts, withTwoHosts } from "./two_hosts.ts";

const reason = NO_MPI ?? await noHosts();
// In CI a missing MPI is a fault; that a container may have no network namespaces is not.
const skipped = reason !== undefined && (NO_MPI === undefined || !Deno.env.get("CI"));
if (skipped) console.warn(`Skipped: ${reason}`);

Deno.test({
  name: "Ranks on two hosts exchange over the network, and end with the one that is killed",
  ignore: skipped,
  async fn(t) {
    assert.equal(reason, undefined);
    await withTwoHosts(async ({ run, sent, processes }) => {
      for (const launcher of LAUNCHERS) {
        await t.step(`${launcher.library} exchanges`, async () => {
          const before = await sent();
          const { code, stdout, stderr } = await run(launcher, jobLine("exchange"));
          assert.equal(code, 0, stderr);
          assert.equal(stdout, "rank 0 of 2 exchanged\n");
          // 2,236,683 floats once to gather, and a half of them twice to sum.
          const megabytes = (await sent() - before) / 1e6;
          assert.ok(megabytes > 17.8 && megabytes < 20, `${megabytes} MB`);
        });
        await t.step(`${launcher.library} ends`, async () => {
          const { code, stdout, stderr } = await run(launcher, jobLine("killed"));
          assert.notEqual(code, 0);
          assert.match(stdout + stderr, /signal 9|BAD TERMINATION/);
          // The rank on the other host ends too.
          const start = performance.now();
          while (await processes() > 0) {
            assert.ok(performance.now() - start < 5000, `${await processes()} processes`);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        });
      }
    });
  },
});

Deno.test({
  name: "Twenty steps of training on two hosts end with the bytes of one process",
  ignore: skipped,
  async fn() {
    assert.equal(reason, undefined);
    await withFolder(async (folder) => {
      await writeTinyPeople(`${folder}/people`);
      const args = (out: string) => [
        ...TINY,
        "--epochs=1",
        "--batches-per-epoch=20",
        `--data=${folder}/people`,
        `--cache=${folder}/cache`,
        `--out=${folder}/${out}`,
      ];
      const checkpoint = (out: string) =>
        Deno.readFile(`${folder}/${out}/checkpoints/step-0000020.safetensors`);
      const alone = await runTask("train", [...args("alone"), "--micro-batches=2"]);
      assert.equal(alone.code, 0, alone.stderr);
      const line = await commandLine("train");
      const script = line.pop()!;
      await withTwoHosts(async ({ run }) => {
        const launcher = LAUNCHERS[0]!; // The others differ in what the test above shows.
        const { code, stderr } = await run(launcher, [Deno.execPath(), ...line, script, ...args("hosts")]);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^rank 1 of 2: .* on reid-\d+-b$/m);
        assertSameBytes(await checkpoint("hosts"), await checkpoint("alone"));
      });
    });
  },
});
