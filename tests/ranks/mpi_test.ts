/** Ranks as mpirun of Open MPI and of MPICH starts them: what they exchange, and how a job ends. */
import assert from "node:assert/strict";
import { LAUNCHER_VARIABLES } from "../../ranks/launcher.ts";
import { withFolder } from "../cli/run_task.ts";
import { type JobEnd, jobLine, LAUNCHERS, NO_MPI, runJob, runLine } from "./mpirun.ts";

const skipped = NO_MPI !== undefined && !Deno.env.get("CI");
if (skipped) console.warn(`Skipped: ${NO_MPI}`);

/** A test with every launcher in turn. */
function test(name: string, run: (launcher: typeof LAUNCHERS[number]) => Promise<void>): void {
  Deno.test({
    name,
    ignore: skipped,
    async fn(t) {
      assert.equal(NO_MPI, undefined);
      for (const launcher of LAUNCHERS) await t.step(launcher.library, () => run(launcher));
    },
  });
}

/** Seconds that the failure of a rank may take to end the job. */
const SECONDS = 10;

/** Fails unless a job has ended in time with an error that it printed, or that its launcher did. */
function endedWith({ code, stdout, stderr, seconds }: JobEnd, line: RegExp): void {
  assert.notEqual(code, 0, stderr);
  assert.match(stderr + stdout, line);
  assert.ok(seconds < SECONDS, `${seconds} s`);
}

test("1 to 4 ranks gather and sum, in the tree's order and to the bit", async (launcher) => {
  for (const size of [1, 2, 3, 4]) {
    const { code, stdout, stderr } = await runJob(launcher, size, "exchange");
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `rank 0 of ${size} exchanged\n`, "rank 0 prints, and no other");
  }
});

test("Arrays that are exchanged in pieces give the same", async (launcher) => {
  const { code, stderr } = await runJob(launcher, 3, "pieces");
  assert.equal(code, 0, stderr);
});

test("What a rank throws ends the job, with the rank's number", async (launcher) => {
  endedWith(await runJob(launcher, 2, "throws"), /^rank 1 of 2: error: The last rank gave up\.$/m);
});

test("A promise that is rejected unseen ends the job while ranks exchange", async (launcher) => {
  endedWith(await runJob(launcher, 2, "rejects"), /^rank 1 of 2: error: Nobody waited for this\.$/m);
});

test("A mistake of the program ends the job with its place in the code", async (launcher) => {
  endedWith(
    await runJob(launcher, 2, "bug"),
    /^rank 1 of 2: error: This should not[^]*TypeError: [^]*job\.ts/m,
  );
});

test("A rank that is killed ends the job", async (launcher) => {
  endedWith(await runJob(launcher, 3, "killed"), /signal 9|Killed/i);
});

test("A task runner that is killed takes its rank and the job with it", async (launcher) => {
  const line = ["sh", "-c", '"$@"; exit $?', "sh", ...jobLine("orphaned")];
  endedWith(await runJob(launcher, 2, "orphaned", line), /signal 9|has ended/i);
});

test("Ranks that do not make the same call say which", async (launcher) => {
  endedWith(
    await runJob(launcher, 2, "mismatch"),
    /rank 0 of 2: error: Rank 0 came to sum with 12 bytes, and rank 1 to wait with 0|rank 1 of 2: error: Rank 1 came/,
  );
});

test("Ranks that hold something else are named, with what it is", async (launcher) => {
  endedWith(
    await runJob(launcher, 3, "differ"),
    /^rank \d of 3: error: Ranks differ from rank 0: rank 1: --margin, data; rank 2: data\. /m,
  );
});

test("Without permission for FFI the error says what to permit", async (launcher) => {
  const env = `--allow-env=XDG_RUNTIME_DIR,${LAUNCHER_VARIABLES.join(",")}`;
  endedWith(
    await runJob(launcher, 2, "exchange", jobLine("exchange", ["--allow-read", env])),
    /^error: .+ mpirun started this process as one of 2, .*\(deno run --allow-ffi; --distributed off\)\.$/m,
  );
});

Deno.test("Without permission to read the environment the error says what to permit", async () => {
  const { code, stderr } = await runLine(
    jobLine("exchange", ["--allow-read", "--allow-env=XDG_RUNTIME_DIR"]),
  );
  assert.equal(code, 1);
  assert.ok(
    stderr.includes(`(deno run --allow-env=${LAUNCHER_VARIABLES.join(",")}; --distributed off).`),
    stderr,
  );
});

Deno.test({
  name: "A library that sees one process of several is refused",
  ignore: skipped,
  async fn() {
    const alone = await runLine(jobLine("exchange"), { PMI_SIZE: "4" });
    assert.match(alone.stderr, /^error: MPICH's mpirun started 4 processes, and MPICH Version:.* sees 1: /m);
    await withFolder(async (folder) => {
      await Deno.symlink(`/usr/lib/${Deno.build.arch}-linux-gnu/libmpich.so.12`, `${folder}/libmpi.so.40`);
      const other = await runLine(jobLine("exchange"), {
        OMPI_COMM_WORLD_SIZE: "4",
        LD_LIBRARY_PATH: folder,
      });
      assert.match(
        other.stderr,
        /^error: Open MPI's mpirun .* one of 4, .*\(libmpi.so.40 is MPICH Version: 4/m,
      );
    });
  },
});
