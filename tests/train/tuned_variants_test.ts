import assert from "node:assert/strict";
import { join } from "node:path";
import { Device } from "../../engine/mod.ts";
import { type Choices, type Dispatch, type Tunable, variantsOf } from "../../kernels/mod.ts";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import type { Trainer } from "../../train/trainer.ts";
import { tunedVariants } from "../../train/tuned_variants.ts";
import { assertSameBytes } from "./same_bytes.ts";
import { openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

/** Chooses the last variant of everything, and remembers what it was asked for. */
function lastOfAll() {
  const asked: string[] = [];
  const tuner = (list: readonly Tunable[]): Promise<Choices> => {
    asked.push(...list.map(({ key }) => key));
    return Promise.resolve(new Map(list.map(({ key }) => [key, variantsOf(key).at(-1)!])));
  };
  return { asked, tuner };
}

async function withRun(test: (device: Device, run: Trainer, folder: string) => Promise<void>): Promise<void> {
  const device = await Device.open({ constants: "uniform" });
  const folder = await Deno.makeTempDir();
  const run = await openTinyRun(device);
  try {
    await test(device, run, folder);
  } finally {
    run.destroy();
    device.destroy();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What was written to stderr meanwhile. */
async function told(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const original = console.error;
  console.error = (line: string) => void lines.push(line);
  try {
    await work();
  } finally {
    console.error = original;
  }
  return lines;
}

Deno.test("what was tuned once is read from the cache, and a damaged cache is timed again with a note", () =>
  withRun(async (device, run, folder) => {
    const { asked, tuner } = lastOfAll();
    const cache = join(folder, "kernels");
    const first = await tunedVariants(device, run.program.dispatches, cache, tuner);
    assert.ok(asked.length > 10);
    assert.equal(new Set(asked).size, asked.length);
    assert.deepEqual([...first.keys()].sort(), [...asked].sort());
    asked.length = 0;
    assert.deepEqual(await tunedVariants(device, run.program.dispatches, cache, tuner), first);
    assert.deepEqual(asked, []);

    const [file] = [...Deno.readDirSync(cache)].filter(({ name }) => name.endsWith(".json"));
    const path = join(cache, file.name);
    const whole = await Deno.readTextFile(path);
    const entries = JSON.parse(whole);
    const unknown = JSON.stringify({ ...entries, [Object.keys(entries)[0]]: "sideways" });
    for (const broken of [whole.slice(0, whole.length / 2), "[]", "null", unknown]) {
      await Deno.writeTextFile(path, broken);
      asked.length = 0;
      const notes = await told(async () => {
        assert.deepEqual(await tunedVariants(device, run.program.dispatches, cache, tuner), first);
      });
      assert.equal(asked.length, first.size);
      assert.match(notes[0], /damaged .*: kernels are timed again/);
      assert.deepEqual(await told(() => tunedVariants(device, run.program.dispatches, cache, tuner)), []);
    }
  }));

Deno.test("a choice is not used once anything that its variants compile has changed", () =>
  withRun(async (device, run, folder) => {
    const { asked, tuner } = lastOfAll();
    const { dispatches } = run.program;
    await tunedVariants(device, dispatches, folder, tuner);
    const index = dispatches.findIndex(({ dispatch }) => dispatch.tunable);
    const tunable = dispatches[index].dispatch.tunable!;
    const last = variantsOf(tunable.key).at(-1)!;
    /** The program with another dispatch as what the last variant of one computation runs. */
    const changed = (change: (dispatch: Dispatch) => Partial<Dispatch>) =>
      dispatches.map((recorded, i) => {
        const as = (variant: string) =>
          tunable.as(variant).map(({ dispatch, shapes }) => ({
            dispatch: variant === last ? { ...dispatch, ...change(dispatch) } : dispatch,
            shapes,
          }));
        const { dispatch } = recorded;
        return dispatch.tunable?.key === tunable.key && i >= index
          ? { ...recorded, dispatch: { ...dispatch, tunable: { ...tunable, as } } }
          : recorded;
      });
    const [name] = Object.keys(tunable.as(last)[0].dispatch.tile!);
    const changes: ((dispatch: Dispatch) => Partial<Dispatch>)[] = [
      ({ source }) => ({ source: `${source}// Changed.\n` }),
      ({ constants: { C4, ...constants } }) => ({ constants: { ...constants, C4: C4 + 1 } }),
      ({ tile }) => ({ tile: { ...tile, [name]: tile![name] + 1 } }),
      ({ workgroups: [x, y, z] }) => ({ workgroups: [x + 1, y, z] }),
      ({ bindings: [first, ...others] }) => ({ bindings: [{ ...first, prologue: "affine" }, ...others] }),
    ];
    for (const change of [() => ({}), ...changes]) {
      for (const expected of changes.includes(change) ? [[tunable.key], []] : [[]]) {
        asked.length = 0;
        const choices = await tunedVariants(device, changed(change), folder, tuner);
        assert.deepEqual(asked, expected);
        assert.equal(choices.get(tunable.key), last);
      }
    }
  }));

Deno.test("a cache that cannot be written is told and done without", () =>
  withRun(async (device, run, folder) => {
    const { tuner } = lastOfAll();
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const notes = await told(async () => {
      assert.ok((await tunedVariants(device, run.program.dispatches, join(file, "kernels"), tuner)).size > 0);
    });
    assert.match(notes.at(-1)!, /cannot be written/);
  }));

Deno.test("two that tune into one cache at a time both get what they need, and leave it whole", () =>
  withRun(async (device, run, folder) => {
    const { tuner } = lastOfAll();
    const { dispatches } = run.program;
    const half = dispatches.slice(0, dispatches.length >> 1);
    const results = await Promise.all(
      [dispatches, half, dispatches, half].map((some) => tunedVariants(device, some, folder, tuner)),
    );
    assert.deepEqual(results[0], results[2]);
    assert.ok(results[1].size > 0);
    for (const [key, variant] of results[1]) assert.equal(results[0].get(key), variant);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.equal(names.length, 2, `${names}`);
    assert.equal(names[0], ".lock");
    JSON.parse(await Deno.readTextFile(join(folder, names[1])));
  }));

Deno.test("a run keeps its tuned variants: resumed without the tuner it ends with the bytes of one never stopped", async () => {
  const device = await Device.open({ storage: "buffer", constants: "uniform" });
  const folder = await Deno.makeTempDir();
  const trainTo = async (run: Trainer, step: number, name: string): Promise<Uint8Array> => {
    while (run.step < step) await run.trainEpoch(() => {}, () => run.step >= step);
    const path = await saveCheckpoint(join(folder, name), await run.checkpoint());
    run.destroy();
    return await Deno.readFile(path);
  };
  const tuned = () => {
    const { tuner } = lastOfAll();
    return openTinyRun(device, {}, undefined, {
      tuner: (dispatches) => tunedVariants(device, dispatches, folder, tuner),
    });
  };
  try {
    const end = TINY_OPTIONS.epochs * TINY_OPTIONS.batchesPerEpoch;
    const run = await tuned();
    const used = run.program.dispatches.flatMap(({ dispatch: { tunable } }) => tunable ? [tunable] : []);
    assert.ok(used.length > 10, `${used.length} dispatches have variants`);
    for (const { key, variant } of used) assert.equal(variant, variantsOf(key).at(-1), key);
    const expected = await trainTo(run, end, "whole");
    await trainTo(await tuned(), TINY_OPTIONS.batchesPerEpoch + 1, "stopped");
    device.choose(new Map());
    const resumed = await openTinyRun(device, {}, await loadCheckpoint(join(folder, "stopped")));
    assertSameBytes(await trainTo(resumed, end, "stopped"), expected);
    // A run that was never tuned ends with other bytes: its variants are others.
    const untuned = await trainTo(await openTinyRun(device), end, "untuned");
    assert.notDeepEqual(untuned, expected);
  } finally {
    device.destroy();
    await Deno.remove(folder, { recursive: true });
  }
});
