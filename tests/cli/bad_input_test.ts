import assert from "node:assert/strict";
import { Image } from "imagescript";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";
import { TINY, writeCopies } from "./tiny_people.ts";

const picture = await new Image(32, 64).fill(0x336699ff).encodeJPEG(80);

/** Runs the training on a dataset; whatever happens, nothing may be left in the run's folder. */
async function train(folder: string, args: string[], env: Record<string, string> = {}) {
  const places = [`--data=${folder}/people`, `--out=${folder}/run`, `--cache=${folder}/cache`];
  const ended = await runTask("train", [...places, ...TINY, ...args], { env });
  assert.equal(exists(`${folder}/run`), false, "a run's folder was made");
  return ended;
}

Deno.test("train says what to install where there is no adapter", async () => {
  await withFolder(async (folder) => {
    await writeCopies(`${folder}/people`, picture, { people: 2, images: 2 });
    const env = {
      DENO_WEBGPU_BACKEND: "vulkan",
      VK_DRIVER_FILES: "/nonexistent",
      VK_ICD_FILENAMES: "/nonexistent",
    };
    assert.match(onlyError(await train(folder, [], env), 1), /No WebGPU adapter.*apt-get install/);
    assert.equal(exists(`${folder}/cache`), false);
  });
});

Deno.test("train says what is wrong with a missing or an empty data folder", async () => {
  await withFolder(async (folder) => {
    const missing = onlyError(await train(folder, []), 1);
    assert.ok(missing.includes(`There is no folder ${folder}/people.`), missing);
    await Deno.mkdir(`${folder}/people`);
    assert.match(
      onlyError(await train(folder, []), 1),
      /has the layout of no known dataset: it is empty/,
    );
  });
});

Deno.test("train refuses images of one identity only", async () => {
  await withFolder(async (folder) => {
    await writeCopies(`${folder}/people`, picture, { people: 1, images: 4 });
    assert.match(onlyError(await train(folder, []), 1), /4 training images .* all show one person/);
  });
});

Deno.test("train refuses more identities in a batch than there are", async () => {
  await withFolder(async (folder) => {
    await writeCopies(`${folder}/people`, picture, { people: 3, images: 2 });
    assert.match(
      onlyError(await train(folder, ["--p=4"]), 1),
      /needs 4 different people.*Lower P to at most 3/,
    );
    const semiHard = await train(folder, ["--loss=semi-hard", "--batch-size=7"]);
    assert.match(onlyError(semiHard, 1), /batch of 7 images is larger than the training set, which has 6/);
    await Deno.remove(`${folder}/people`, { recursive: true });
    await writeCopies(`${folder}/people`, picture, { people: 3, images: 1 });
    assert.match(
      onlyError(await train(folder, ["--loss=basic"]), 1),
      /Each of the 3 people in training has one usable image\. Training compares two/,
    );
  });
});

const first = "bounding_box_train/0002_c1s1_000000_01.jpg";

for (
  const [what, bytes, reason] of [
    ["a truncated JPEG", picture.slice(0, picture.length / 2), /truncated/],
    ["a zero-byte file", new Uint8Array(0), /empty file/],
  ] as const
) {
  Deno.test(`train refuses a dataset of which more than 1 % cannot be decoded: ${what}`, async () => {
    await withFolder(async (folder) => {
      await writeCopies(`${folder}/people`, picture, { people: 3, images: 3 });
      await Deno.writeFile(`${folder}/people/${first}`, bytes);
      const error = onlyError(await train(folder, []), 1);
      assert.match(error, /1 of 9 images cannot be decoded, more than the 1 % that may be skipped/);
      assert.match(error, reason);
      assert.ok(error.includes(first), error);
    });
  });
}

Deno.test("train names and skips what cannot be decoded up to 1 %, takes a PNG named .jpg for what it is, and names copies", async () => {
  await withFolder(async (folder) => {
    await writeCopies(`${folder}/people`, picture, { people: 2, images: 60 });
    await Deno.writeFile(`${folder}/people/${first}`, picture.slice(0, picture.length / 2));
    const second = first.replace("000000", "000001");
    await Deno.writeFile(`${folder}/people/${second}`, await new Image(32, 64).fill(0xff0000ff).encode());
    const ended = await train(folder, ["--p=3"]); // Too many people: this run is only to look at the images.
    assert.match(onlyError(ended, 1), /needs 3 different people/);
    const warnings = ended.stderr.split("\n").filter((line) => line.startsWith("warning: "));
    assert.equal(warnings.length, 4, ended.stderr);
    assert.match(warnings[0], /skipped .*0002_c1s1_000000_01\.jpg: .*truncated/);
    assert.match(warnings[1], /1 of 120 train images could not be decoded/);
    // All test images are one picture.
    assert.match(
      warnings[2],
      /2 of 2 queries are the same picture as .* of the same person by another camera/,
    );
    assert.match(
      warnings[3],
      /2 of 2 queries are the same picture as .* of another person, such as .*1001_c1/,
    );
  });
});

Deno.test("train refuses flags that are misspelled, out of range or without meaning, with exit code 2", async () => {
  await withFolder(async (folder) => {
    const wrong: [string[], RegExp][] = [
      [["--lernrate=1"], /Unknown flag --lernrate/],
      [["--epoch=3"], /did you mean --epochs\?/],
      [["--margin=-1"], /--margin must be a number from 0 to 10; got '-1'/],
      [["--image-height=31"], /--image-height must be a whole number from 32 to 1024/],
      [["--loss=semihard"], /did you mean semi-hard\?/],
      [["--resume=x", "--out=y"], /leave out --out/],
    ];
    for (const [args, expected] of wrong) {
      const ended = await runTask("train", [`--data=${folder}`, `--cache=${folder}/cache`, ...args]);
      assert.match(onlyError(ended, 2), expected);
    }
    assert.match(onlyError(await runTask("evaluate", []), 2), /--checkpoint is required/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("train refuses a folder that holds something, and leaves what it holds alone", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/letter.txt`, "mine");
    const ended = await runTask("train", [`--out=${folder}`, `--cache=${folder}/cache`, ...TINY]);
    assert.match(onlyError(ended, 1), /is not empty.*--resume.*another --out/);
    const file = await runTask("train", [`--out=${folder}/letter.txt`, `--cache=${folder}/cache`, ...TINY]);
    assert.match(onlyError(file, 1), /The run cannot be kept in/);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["letter.txt"]);
  });
});
