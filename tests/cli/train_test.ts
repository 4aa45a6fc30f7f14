import assert from "node:assert/strict";
import { nonFiniteTensors } from "../../train/checkpoint.ts";
import { loadCheckpoint } from "../../train/checkpoint_files.ts";
import { assertSameBytes } from "../train/same_bytes.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";
import { TINY, writeTinyPeople } from "./tiny_people.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
const last = (run: string) => Deno.readFile(`${run}/checkpoints/step-0000004.safetensors`);

/** Sends a signal once, when a line of output begins like this. */
function signalAt(line: string, signal: Deno.Signal) {
  let sent = false;
  return (text: string, child: Deno.ChildProcess) => {
    if (sent || !text.split("\n").some((each) => each.startsWith(line))) return;
    sent = true;
    child.kill(signal);
  };
}

/** Removes all images of one of a folder's people but one. */
async function leaveOneImage(folder: string): Promise<void> {
  const [kept, ...others] = names(folder);
  const person = kept.slice(0, 4);
  const more = others.filter((name) => name.startsWith(person));
  assert.ok(more.length > 0);
  await Promise.all(more.map((name) => Deno.remove(`${folder}/${name}`)));
}

Deno.test("train ends with checkpoints, scores and a report; evaluate finds the same scores", async (t) => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const run = `${folder}/run`;
    const places = [`--data=${folder}/people`, `--cache=${folder}/cache`];
    await leaveOneImage(`${folder}/people/bounding_box_train`); // Fewer than K.

    await t.step("the run", async () => {
      const { code, stdout, stderr } = await runTask("train", [
        ...places,
        ...TINY,
        "--ema=0.9",
        `--out=${run}`,
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(
        stderr.match(/fewer than K = 2 images, which are sampled with replacement/g)?.length,
        1,
        stderr,
      );
      assert.match(stdout, /^trained .*%/m);
      assert.match(stdout, /^untrained .*%/m);
      assert.match(stdout, /^color histogram .*%/m);
      assert.match(stdout, /, activations in f32, 4 images a batch/);
      const { options } = JSON.parse(await Deno.readTextFile(`${run}/config.json`));
      assert.equal(options.precision, "f32");
      assert.match(stdout, /^GPU waited for images: \d+\.\d % of the time, at most \d+\.\d %$/m);
      assert.deepEqual(names(run), [
        ".lock",
        "checkpoints",
        "config.json",
        "report.html",
        "retrieval.png",
        "scores.json",
      ]);
      assert.deepEqual(names(`${run}/checkpoints`).slice(-2), [
        "step-0000002.safetensors",
        "step-0000004.safetensors",
      ]);
    });

    await t.step("its report stands alone", async () => {
      const page = await Deno.readTextFile(`${run}/report.html`);
      for (const [, url] of page.matchAll(/\b(?:src|href)\s*=\s*["']([^"']*)/g)) {
        assert.match(url, /^(data:|#)/, url.slice(0, 100));
      }
      assert.doesNotMatch(page, /@import|url\((?!["']?(?:data:|#))/);
      assert.ok((page.match(/<svg/g) ?? []).length >= 3);
      assert.ok((page.match(/src="data:image\/jpeg;base64,/g) ?? []).length >= 6);
      assert.match(page, /sampled with replacement/);
      assert.match(page, /GPU waited for images/);
    });

    await t.step(
      "evaluate --json prints the trained network's scores, and nothing else, on stdout",
      async () => {
        for (const place of [run, `${run}/checkpoints/step-0000004.safetensors`]) {
          const { code, stdout, stderr } = await runTask("evaluate", [
            `--checkpoint=${place}`,
            `--cache=${folder}/cache`,
            "--json",
          ]);
          assert.equal(code, 0, stderr);
          const { checkpoint, step, metric, dataset, ignored, averaged, ...scores } = JSON.parse(
            stdout,
          );
          assert.deepEqual(scores, JSON.parse(await Deno.readTextFile(`${run}/scores.json`)).trained);
          assert.equal(checkpoint, `${run}/checkpoints/step-0000004.safetensors`);
          assert.deepEqual([step, metric, dataset, ignored.junk], [4, "euclidean", "Synthetic people", 1]);
          assert.equal(averaged, true);
        }
      },
    );

    await t.step("evaluate --multi-query --rerank adds rows for both, and for both together", async () => {
      const asked = [`--checkpoint=${run}`, `--cache=${folder}/cache`, "--multi-query", "--rerank", "--k1=5"];
      const table = await runTask("evaluate", [...asked, "--no-colors"]);
      assert.equal(table.code, 0, table.stderr);
      for (const name of ["step 4", "multi-query", "re-ranked", "multi-query, re-ranked"]) {
        assert.match(table.stdout, new RegExp(`^(step 4, )?${name} +\\d+\\.\\d %`, "m"));
      }
      const { code, stdout, stderr } = await runTask("evaluate", [...asked, "--json"]);
      assert.equal(code, 0, stderr);
      const { multiQuery, reranked, multiQueryReranked, ...plain } = JSON.parse(stdout);
      assert.deepEqual([reranked.k1, reranked.k2, reranked.lambda], [5, 6, 0.3]);
      assert.deepEqual([reranked.queries, reranked.junk], [plain.queries, plain.junk]);
      assert.equal(multiQuery.queries, multiQueryReranked.queries);
      for (const scores of [multiQuery, reranked, multiQueryReranked]) assert.equal(scores.cmc.length, 50);
    });

    await t.step(
      "evaluate scores flipped embeddings, look and time together, and pairs of cameras",
      async () => {
        const asked = ["--test-flip", "--spatial-temporal", "--camera-pairs"];
        const places = [`--checkpoint=${run}`, `--cache=${folder}/cache`];
        const table = await runTask("evaluate", [...places, ...asked, "--no-colors"]);
        assert.equal(table.code, 0, table.stderr);
        assert.match(table.stdout, /^step 4, flipped, look and time +\d+\.\d %/m);
        assert.match(table.stdout, /^Scored with the average of the weights/m);
        assert.match(table.stdout, /^mAP +c1 +c2\n +c1 +– +\d+\.\d %\n +c2 +\d+\.\d % +–$/m);
        const { code, stdout, stderr } = await runTask("evaluate", [...places, ...asked, "--json"]);
        assert.equal(code, 0, stderr);
        const { testFlip, spatialTemporal, cameraPairs, ...plain } = JSON.parse(stdout);
        assert.equal(testFlip, true);
        assert.deepEqual([spatialTemporal.queries, spatialTemporal.cmc.length], [plain.queries, 50]);
        const pairs = cameraPairs.map(({ query, gallery }: Record<string, number>) => `${query} ${gallery}`);
        assert.deepEqual(pairs, ["1 2", "2 1"]);
      },
    );

    await t.step("a second run is not let into the folder", async () => {
      const before = await last(run);
      const second = await runTask("train", [...places, ...TINY, `--out=${run}`]);
      assert.match(onlyError(second, 1), /is not empty\. .*--resume/);
      assertSameBytes(await last(run), before);
    });

    await t.step("resumed, it says that it is finished and only evaluates", async () => {
      const before = await last(run);
      await Deno.remove(`${run}/scores.json`);
      const { code, stdout, stderr } = await runTask("train", [`--resume=${run}`, `--cache=${folder}/cache`]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /is finished: evaluating/);
      assert.doesNotMatch(stderr, /^Training/m);
      assertSameBytes(await last(run), before);
      assert.ok(exists(`${run}/scores.json`));
    });
  });
});

Deno.test("train goes on where it was, after Ctrl-C, a kill and a full disk, and ends with the same bytes", async (t) => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const settings = [...TINY, "--batches-per-epoch=25", "--holdout-people=2", "--id-loss=1"];
    const start = [`--data=${folder}/people`, `--cache=${folder}/cache`, ...settings];
    const [whole, run] = [`${folder}/whole`, `${folder}/run`];
    const resume = [`--resume=${run}`, `--cache=${folder}/cache`];
    const end = "checkpoints/step-0000050.safetensors";
    const { code, stderr } = await runTask("train", [...start, `--out=${whole}`]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^note: the people held out are too few for thresholds.*--holdout-people$/m);
    const { checkpoint: { people, model, thresholds } } = await loadCheckpoint(whole);
    assert.deepEqual([people?.persons.length, people?.heldOut.length, model.identities], [2, 2, 2]);
    assert.equal(new Set([...people!.persons, ...people!.heldOut]).size, 4);
    assert.equal(thresholds, undefined);

    await t.step("Ctrl-C before the training leaves nothing behind", async () => {
      const { code, stderr } = await runTask("train", [...start, `--out=${run}`], {
        onOutput: signalAt("MobileNetV2", "SIGINT"),
      });
      assert.equal(code, 130, stderr);
      assert.equal(exists(run), false);
    });

    await t.step("killed before its first checkpoint, a run keeps its settings", async () => {
      await runTask("train", [...start, `--out=${run}`], { onOutput: signalAt("Run in", "SIGKILL") });
      assert.deepEqual(names(run), [".lock", "config.json"]);
    });

    await t.step("Ctrl-C in training finishes the step, saves, and exits with 130", async () => {
      const { code, stdout, stderr } = await runTask("train", resume, {
        onOutput: signalAt("Run in", "SIGINT"),
      });
      assert.equal(code, 130, stderr);
      const step = Number(/Stopped after step (\d+) of 50\. Go on with --resume/.exec(stdout)?.[1]);
      assert.ok(step >= 0 && step < 50, stdout);
      assert.equal(names(`${run}/checkpoints`).at(-1), `step-${String(step).padStart(7, "0")}.safetensors`);
    });

    await t.step("a checkpoint that cannot be written leaves the previous one as it was", async () => {
      const kept = names(`${run}/checkpoints`);
      const name = kept.at(-1);
      const before = await Deno.readFile(`${run}/checkpoints/${name}`);
      const shell = "trap '' XFSZ; ulimit -f 100";
      const error = onlyError(await runTask("train", resume, { shell }), 1);
      assert.match(
        error,
        /checkpoint of step \d+ could not be written .*Earlier checkpoints are intact.*--resume/,
      );
      assert.deepEqual(names(`${run}/checkpoints`), kept);
      assertSameBytes(await Deno.readFile(`${run}/checkpoints/${name}`), before);
    });

    await t.step(
      "resumed, saving more often, it ends with the bytes of the run that nothing stopped",
      async () => {
        await Deno.remove(`${run}/checkpoints/best.safetensors`).catch(() => {});
        const { code, stderr } = await runTask("train", [...resume, "--checkpoint-every=4", "--keep=5"]);
        assert.equal(code, 0, stderr);
        assertSameBytes(await Deno.readFile(`${run}/${end}`), await Deno.readFile(`${whole}/${end}`));
        const saved = [40, 44, 48, 50].map((step) => `step-00000${step}.safetensors`);
        assert.deepEqual(names(`${run}/checkpoints`).slice(-4), saved);
        const { checkpoint } = await loadCheckpoint(`${whole}/checkpoints/best.safetensors`);
        assert.ok([25, 50].includes(checkpoint.step), `${checkpoint.step}`);
      },
    );
  });
});

Deno.test("train stops when the loss is no longer finite, says at which step, and keeps the last good checkpoint", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const run = `${folder}/run`;
    // A weight decay of 1 at a rate of 10 multiplies every weight by -9 at every step.
    const exploding = ["--lr=10", "--weight-decay=1", "--warm-up=0", "--epochs=40"];
    const places = [`--data=${folder}/people`, `--cache=${folder}/cache`, `--out=${run}`];
    const error = onlyError(await runTask("train", [...places, ...TINY, ...exploding]), 1);
    assert.match(error, /[Ss]tep \d+ .*(NaN|finite).*Training stopped; checkpoints saved before are kept/);
    const kept = names(`${run}/checkpoints`);
    assert.ok(kept.length > 0 && kept.every((name) => name.endsWith(".safetensors")), `${kept}`);
    const { checkpoint } = await loadCheckpoint(run);
    assert.deepEqual(nonFiniteTensors(checkpoint), []);
    assert.ok(exists(`${run}/config.json`) && !exists(`${run}/report.html`));
  });
});
