import assert from "node:assert/strict";
import { readDataset } from "../../data/read_dataset.ts";
import { Device, Random } from "../../engine/mod.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { CHECKPOINT_FORMAT } from "../../model/trained_model.ts";
import { takeCheckpoint } from "../../train/checkpoint.ts";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import { encodeWithChecksum } from "../../train/checksum.ts";
import { RunFolder } from "../../train/run_folder.ts";
import { trainedPeople } from "../../train/trained_people.ts";
import { TINY_OPTIONS } from "../train/tiny_run.ts";
import { onlyError, runTask, withFolder } from "./run_task.ts";
import { runSeveral } from "./several_commands.ts";
import { writeTinyPeople } from "./tiny_people.ts";

const SPEC: ModelSpec = {
  width: TINY_OPTIONS.width,
  imageHeight: TINY_OPTIONS.imageHeight,
  imageWidth: TINY_OPTIONS.imageWidth,
  embeddingSize: 0,
  neck: TINY_OPTIONS.neck,
  testFeature: TINY_OPTIONS.testFeature,
  normalize: true,
  identities: 0,
  padding: "same",
  epsilon: 1e-3,
  momentum: 0.9,
  color: "imagenet",
};

/** A run's folder with one checkpoint, as if two steps had been made; returns the checkpoint's path. */
async function writeRun(folder: string): Promise<string> {
  const run = await RunFolder.create(`${folder}/run`, { options: TINY_OPTIONS, data: `${folder}/people` });
  run.lock.close();
  const device = await Device.open();
  const { parameters } = new ReidModel(device, SPEC, new Random(1));
  const settings = { step: 2, model: SPEC, options: TINY_OPTIONS, variants: new Map() };
  const checkpoint = await takeCheckpoint(
    parameters,
    ["first_moment", "second_moment"],
    new Float32Array(12),
    settings,
  );
  device.destroy();
  return await saveCheckpoint(run.path, checkpoint);
}

/** The whole of a folder: paths and sizes. */
function listing(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory ? listing(path) : [`${path} ${Deno.statSync(path).size}`];
  }).sort();
}

/** Has the file written again with other metadata or tensors. */
async function rewrite(path: string, change: (metadata: Record<string, string>) => void): Promise<void> {
  const { checkpoint } = await loadCheckpoint(path);
  const metadata = {
    format: CHECKPOINT_FORMAT,
    step: String(checkpoint.step),
    model: JSON.stringify(checkpoint.model),
    options: JSON.stringify(checkpoint.options),
    variants: JSON.stringify(Object.fromEntries(checkpoint.variants)),
  };
  change(metadata);
  await Deno.writeFile(path, await encodeWithChecksum(checkpoint.tensors, metadata));
}

const damages: [string, (path: string) => Promise<void>, RegExp][] = [
  ["a truncated checkpoint", (path) => Deno.truncate(path, 100_000), /is damaged: .*truncated/],
  ["an empty checkpoint", (path) => Deno.truncate(path, 0), /is damaged: .*empty or truncated/],
  [
    "a header that claims 2^60 bytes",
    async (path) => {
      const bytes = await Deno.readFile(path);
      new DataView(bytes.buffer).setBigUint64(0, 1n << 60n, true);
      await Deno.writeFile(path, bytes);
    },
    /is damaged: The header claims 1152921504606846976 bytes/,
  ],
  [
    "a single bit that has flipped in a weight",
    async (path) => {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length >> 1] ^= 4;
      await Deno.writeFile(path, bytes);
    },
    /is damaged: its content is not that of its checksum/,
  ],
  [
    "somebody else's safetensors file",
    (path) => rewrite(path, (metadata) => metadata.format = "pt"),
    /no checkpoint of this program/,
  ],
  [
    "a checkpoint of another version of the format",
    (path) => rewrite(path, (metadata) => metadata.format = "webgpu-reid checkpoint 1"),
    new RegExp(
      `cannot be used: it has the format "webgpu-reid checkpoint 1", and .* reads "${CHECKPOINT_FORMAT}"`,
    ),
  ],
  [
    "a checkpoint of another architecture",
    (path) => rewrite(path, (metadata) => metadata.model = JSON.stringify({ ...SPEC, width: 0.35 })),
    /is a checkpoint of another network.*(should be F32|width 0.35 where this run has 0.02)/,
  ],
  [
    "a checkpoint with settings that are none",
    (path) => rewrite(path, (metadata) => metadata.model = JSON.stringify({ ...SPEC, imageHeight: 1e9 })),
    /imageHeight must be a whole number from 1 to 4096; got 1000000000/,
  ],
  [
    "a checkpoint of kernels that there are not",
    (path) => rewrite(path, (metadata) => metadata.variants = '{"matmul 1×2×3 none":"sideways"}'),
    /there is no variant "sideways" of matmul 1×2×3 none/,
  ],
  [
    "a checkpoint whose people are none",
    (path) => rewrite(path, (metadata) => metadata.people = '{"persons":["bob"],"earlier":[],"images":""}'),
    /its people are no digests/,
  ],
];

Deno.test("evaluate and train --resume refuse a checkpoint that cannot be right, and change nothing", async (t) => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const path = await writeRun(folder);
    const good = await Deno.readFile(path);
    const cache = `--cache=${folder}/cache`;
    for (const [what, damage, expected] of damages) {
      await t.step(what, async () => {
        await Deno.writeFile(path, good);
        await damage(path);
        const before = listing(`${folder}/run`);
        const ended = await runSeveral(folder, [
          ["evaluate", `--checkpoint=${folder}/run`, cache],
          ["evaluate", `--checkpoint=${path}`, cache],
          ["train", `--resume=${folder}/run`, cache],
        ]);
        const [run, file, resumed] = ended.map((each) => onlyError(each, 1));
        for (const error of [run!, file!]) {
          assert.match(error, expected);
          assert.ok(error.includes(path), error);
        }
        assert.match(resumed!, expected);
        assert.deepEqual(listing(`${folder}/run`), before);
      });
    }
  });
});

Deno.test("evaluate reads a run of the version before, whose settings had other names", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const path = await writeRun(folder);
    const evaluate = async () => {
      const ended = await runTask("evaluate", [
        `--checkpoint=${folder}/run`,
        `--cache=${folder}/cache`,
        "--json",
      ]);
      assert.equal(ended.code, 0, ended.stderr);
      return ended;
    };
    const { stdout: scores, stderr } = await evaluate();
    assert.doesNotMatch(stderr, /in training/);
    const earlier = (text: string) => {
      const old = text.replaceAll('"color"', '"colour"').replaceAll('"colorJitter"', '"colourJitter"')
        .replaceAll('"idLearningRate"', '"idRate"').replaceAll('"backboneLearningRate"', '"backboneRate"');
      assert.notEqual(old, text);
      return old;
    };
    await rewrite(path, (metadata) => {
      metadata.model = earlier(metadata.model!);
      const { clipNorm: _, batchNormMomentum: __, ...options } = JSON.parse(earlier(metadata.options!));
      metadata.options = JSON.stringify(options);
    });
    const { options, data } = JSON.parse(await Deno.readTextFile(`${folder}/run/config.json`));
    const { clipNorm: _, batchNormMomentum: __, ...others } = options;
    const config = earlier(JSON.stringify({ options: others, data }, null, 2));
    await Deno.writeTextFile(`${folder}/run/config.json`, config);
    assert.equal((await evaluate()).stdout, scores);

    const dataset = await readDataset(`${folder}/people`);
    const people = await trainedPeople({ ...dataset, train: dataset.query }, dataset.query.map(() => true));
    await rewrite(path, (metadata) => metadata.people = JSON.stringify(people));
    const known = await evaluate();
    assert.equal(known.stdout, scores);
    assert.match(known.stderr, /^note: 3 of the 3 people of the test were in training \(\d, \d, \d\)/m);
  });
});

Deno.test("train --resume passes over a damaged checkpoint, says so, and goes on from the one before", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const older = await writeRun(folder);
    await rewrite(older, () => {}); // Without what earlier versions did not write.
    const newer = older.replace("0000002", "0000004");
    await Deno.writeFile(newer, (await Deno.readFile(older)).subarray(0, 5000));
    const { code, stderr } = await runTask("train", [`--resume=${folder}/run`, `--cache=${folder}/cache`]);
    assert.match(stderr, /warning: .*0000004\.safetensors is damaged: .*truncated/);
    assert.match(stderr, /warning: going on from the one before, of step 2/);
    assert.match(stderr, /note: an earlier version wrote .*0000002\.safetensors, which does not say who was/);
    assert.equal(code, 0, stderr);
  });
});

Deno.test("evaluate and train --resume say what is missing where there is no run or no adapter", async () => {
  await withFolder(async (folder) => {
    const cache = `--cache=${folder}/cache`;
    const nothing = await runTask("evaluate", [`--checkpoint=${folder}/nowhere`, cache]);
    assert.match(onlyError(nothing, 1), /There is no checkpoint in .*nowhere/);
    const noRun = await runTask("train", [`--resume=${folder}/nowhere`, cache]);
    assert.match(onlyError(noRun, 1), /nowhere holds no training run/);

    await writeRun(folder);
    const noData = await runTask("train", [`--resume=${folder}/run`, cache]);
    assert.match(onlyError(noData, 1), /There is no folder .*people/);
    const env = {
      DENO_WEBGPU_BACKEND: "vulkan",
      VK_DRIVER_FILES: "/nonexistent",
      VK_ICD_FILENAMES: "/nonexistent",
    };
    const noAdapter = await runTask("evaluate", [`--checkpoint=${folder}/run`, cache], { env });
    assert.match(onlyError(noAdapter, 1), /No WebGPU adapter/);
  });
});

Deno.test("train --resume refuses settings that differ from those of its checkpoint, and other people for its head", async () => {
  await withFolder(async (folder) => {
    const path = await writeRun(folder);
    const config = `${folder}/run/config.json`;
    const args = [`--resume=${folder}/run`, `--cache=${folder}/cache`];
    for (const flag of ["--lr=1", "--neck=none", "--out=x"]) {
      assert.match(onlyError(await runTask("train", [...args, flag]), 2), /A resumed run keeps its settings/);
    }
    await Deno.writeTextFile(config, JSON.stringify({ options: { ...TINY_OPTIONS, margin: 1 } }));
    assert.match(
      onlyError(await runTask("train", args), 1),
      /made with other settings than those in .*config\.json/,
    );
    await writeTinyPeople(`${folder}/people`);
    const options = { ...TINY_OPTIONS, idLoss: 1 };
    await Deno.writeTextFile(config, JSON.stringify({ options, data: `${folder}/people` }));
    await rewrite(path, (metadata) => {
      metadata.options = JSON.stringify(options);
      metadata.people = JSON.stringify({ persons: ["0123456789ab"], earlier: [], images: "" });
    });
    const { code, stderr } = await runTask("train", args);
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /each person, and these are other people: .* on 1 people, and of the 4 .*none is.*\(--data\)/,
    );
  });
});
