import assert from "node:assert/strict";
import { CONVENTIONS } from "../../model/conventions.ts";
import { encodeSafetensors, type SafetensorsTensor } from "../../model/safetensors.ts";
import { CHECKPOINT_FORMAT } from "../../model/trained_model.ts";
import { type Checkpoint, HISTORY_TENSOR } from "../../train/checkpoint.ts";
import {
  checkpointPath,
  loadCheckpoint,
  newestCheckpoint,
  saveCheckpoint,
} from "../../train/checkpoint_files.ts";
import { encodeWithChecksum } from "../../train/checksum.ts";
import { modelSpec } from "../../train/from_options.ts";
import { withFolder } from "../cli/run_task.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

const SPEC = modelSpec(TINY_OPTIONS, 0);

/** A checkpoint whose history has no columns, so that any step takes no memory. */
function checkpointOf(step: number): Checkpoint {
  const history: SafetensorsTensor = { dtype: "F32", shape: [step, 0], data: new Float32Array(0) };
  const w: SafetensorsTensor = { dtype: "F32", shape: [1], data: Float32Array.of(step) };
  const tensors = new Map([[HISTORY_TENSOR, history], ["w", w]]);
  return { step, model: SPEC, options: TINY_OPTIONS, variants: new Map(), tensors };
}

const names = async (run: string) =>
  (await Array.fromAsync(Deno.readDir(`${run}/checkpoints`))).map(({ name }) => name).sort();

Deno.test("saveCheckpoint() keeps the latest three, in the order of their steps", async () => {
  await withFolder(async (run) => {
    // The last name is longer than the others, and before them in the order of texts.
    const steps = [5, 40, 300, 9_999_999, 10_000_000];
    for (const step of steps) {
      await saveCheckpoint(run, checkpointOf(step));
      assert.equal((await newestCheckpoint(run))!.checkpoint.step, step);
      assert.match(await checkpointPath(run), new RegExp(`step-0*${step}\\.safetensors$`));
    }
    assert.deepEqual(await names(run), [
      "step-0000300.safetensors",
      "step-10000000.safetensors",
      "step-9999999.safetensors",
    ]);
    await saveCheckpoint(run, checkpointOf(10_000_001), 1);
    assert.deepEqual(await names(run), ["step-10000001.safetensors"]);
  });
});

Deno.test("newestCheckpoint() goes back to one that is whole, and says so; loadCheckpoint() refuses others by the reason", async () => {
  await withFolder(async (run) => {
    assert.equal(await newestCheckpoint(run), undefined);
    await saveCheckpoint(run, checkpointOf(1));
    const path = await saveCheckpoint(run, checkpointOf(2));
    const { tensors, model, options } = checkpointOf(2);
    const metadata = {
      format: CHECKPOINT_FORMAT,
      step: "2",
      model: JSON.stringify(model),
      options: JSON.stringify(options),
      variants: "{}",
    };
    const good = await encodeWithChecksum(tensors, metadata);
    const flipped = good.slice();
    flipped[flipped.length - 1]! ^= 1;
    const other = { ...metadata, model: JSON.stringify({ ...model, ...CONVENTIONS.own, width: -1 }) };
    const cases: [string, Uint8Array, RegExp][] = [
      ["a bit that flipped", flipped, /is damaged: its content is not that of its checksum/],
      ["no checksum", encodeSafetensors(tensors, metadata), /is damaged: its content is not that/],
      ["a file cut short", good.subarray(0, -4), /is damaged: .*truncated/],
      [
        "another version",
        await encodeWithChecksum(tensors, { ...metadata, format: "webgpu-reid checkpoint 1" }),
        /"webgpu-reid checkpoint 1", and this version/,
      ],
      [
        "no format of this program",
        await encodeWithChecksum(tensors, { ...metadata, format: "pt" }),
        /no checkpoint of this program/,
      ],
      [
        "a history of another length",
        await encodeWithChecksum(tensors, { ...metadata, step: "3" }),
        /its history is not of 3 steps/,
      ],
      [
        "a step that is none",
        await encodeWithChecksum(tensors, { ...metadata, step: "-1" }),
        /its step is -1/,
      ],
      ["settings that are none", await encodeWithChecksum(tensors, other), /width must be/],
    ];
    for (const [what, bytes, expected] of cases) {
      await Deno.writeFile(path, bytes);
      await assert.rejects(loadCheckpoint(run), expected, what);
      await assert.rejects(loadCheckpoint(path), expected, what);
      const said: string[] = [];
      assert.equal((await newestCheckpoint(run, (line) => said.push(line)))!.checkpoint.step, 1, what);
      assert.match(said.join("\n"), expected);
      assert.match(said.at(-1)!, /going on from the one before, of step 1$/);
    }
    await Deno.writeFile(path, good);
    assert.equal((await loadCheckpoint(run)).checkpoint.step, 2);
    assert.deepEqual((await loadCheckpoint(path)).checkpoint.tensors.get("w")!.data, Float32Array.of(2));
  });
});
