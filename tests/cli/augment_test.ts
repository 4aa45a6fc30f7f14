import assert from "node:assert/strict";
import { Image } from "imagescript";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";
import { writeTinyPeople } from "./tiny_people.ts";

/** The pictures of a contact sheet of 32 × 32 pixels each, in rows. */
async function picturesOf(path: string, rows: number, columns: number): Promise<string[][]> {
  const sheet = await Image.decode(await Deno.readFile(path)) as Image;
  assert.deepEqual([sheet.width, sheet.height], [20 + columns * 38 - 6 + 10, 20 + rows * 38 - 6]);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const x = 10 + column * 38 + (column > 0 ? 10 : 0);
      return `${sheet.clone().crop(x, 10 + row * 38, 32, 32).bitmap}`;
    }));
}

Deno.test("augment draws what the flags do to training images, and the same again", async () => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const sheet = async (name: string, ...flags: string[]) => {
      const path = `${folder}/${name}.png`;
      const { code, stdout, stderr } = await runTask("augment", [
        `--data=${folder}/people`,
        `--cache=${folder}/cache`,
        `--preview=${path}`,
        "--image-height=32",
        "--image-width=32",
        "--images=3",
        "--steps=2",
        ...flags,
      ]);
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /on the left 3 training images, then what steps 1 to 2 of a run with seed \d make/,
      );
      return await picturesOf(path, 3, 3);
    };
    const nothing = ["--flip=0", "--shift=0"];
    for (const [original, ...variants] of await sheet("nothing", ...nothing)) {
      for (const variant of variants) assert.equal(variant, original);
    }
    const everything = ["--zoom=0.2", "--erase=1", "--erase-fill=noise", "--color-jitter=1"];
    const first = await sheet("first", ...everything);
    for (const [original, ...variants] of first) {
      assert.equal(new Set([original, ...variants]).size, 3);
    }
    assert.deepEqual(await sheet("second", ...everything), first);
    const other = await sheet("other", "--seed=2", ...everything);
    other.forEach((row, i) => assert.notEqual(row[1], first[i][1]));
  });
});

Deno.test("augment says what is missing or wrong", async () => {
  assert.match(onlyError(await runTask("augment", []), 2), /--preview is required: PNG file to write/);
  assert.match(onlyError(await runTask("augment", ["--earse=1"]), 2), /did you mean --erase\?/);
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    await Deno.writeTextFile(`${folder}/notes.txt`, "notes");
    const preview = `${folder}/notes.txt/out.png`;
    const ended = await runTask("augment", [`--data=${folder}/people`, `--preview=${preview}`, "--images=1"]);
    assert.match(onlyError(ended, 1), /out\.png cannot be written .* with --preview/);
    assert.equal(exists(preview), false);
  });
});
