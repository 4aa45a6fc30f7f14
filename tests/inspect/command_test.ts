/** `deno task inspect` on people among whom every fault was planted. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import { Image } from "imagescript";
import { decodeImage } from "../../data/images/decode_image.ts";
import { resizeToRgb } from "../../data/images/resize.ts";
import { opaque } from "../../train/report/contact_sheet.ts";
import { exists, withFolder } from "../cli/run_task.ts";
import { runSeveral } from "../cli/several_commands.ts";
import { writeTinyPeople } from "../cli/tiny_people.ts";

/** Plants one fault of each kind into the training images of a dataset; returns the names of the files by fault. */
async function plantFaults(folder: string): Promise<Record<string, string[]>> {
  const training = `${folder}/bounding_box_train`;
  const names = [...Deno.readDirSync(training)].map(({ name }) => name).sort();
  const read = (name: string) => Deno.readFile(`${training}/${name}`);
  const write = async (name: string, bytes: Uint8Array) => {
    await Deno.writeFile(`${training}/${name}`, bytes);
    return name;
  };
  const [broken = "", twice = "", person = "", again = "", shrunk = ""] = names;
  const other = names.at(-1)!.slice(0, 4);
  const numbered = (name: string, box: number, who = name.slice(0, 4)) =>
    `${who}${name.slice(4, -6)}${box}.jpg`;
  const picture = async (name: string, width: number): Promise<Image> => {
    const pixels = new Uint8Array(2 * width * width * 3);
    resizeToRgb(await decodeImage(await read(name)), pixels, width, 2 * width);
    return opaque(pixels, width, 2 * width);
  };
  return {
    broken: [await write(broken, (await read(broken)).subarray(0, 700))],
    // As a PNG, the same pixels are in other bytes.
    duplicate: [
      twice,
      await write(numbered(twice, 91).replace(".jpg", ".png"), await (await picture(twice, 64)).encode()),
    ],
    conflict: [person, await write(numbered(person, 92, other), await read(person))],
    near: [again, await write(numbered(again, 93), await (await picture(again, 64)).encodeJPEG(50))],
    tiny: [await write(numbered(shrunk, 94), await (await picture(shrunk, 12)).encodeJPEG(95))],
  };
}

Deno.test("inspect finds what is wrong, says what one would remove, and changes nothing", () =>
  withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const planted = await plantFaults(`${folder}/people`);
    const files = () =>
      [...Deno.readDirSync(`${folder}/people/bounding_box_train`)].map(({ name }) => name).sort();
    const before = files();
    await Deno.mkdir(`${folder}/other`);
    await Deno.writeTextFile(`${folder}/other/inspection.json`, `{"root": "others"}`);
    const [done, none, wrong, again, listed, other] = await runSeveral(folder, [
      ["inspect", "--data=people", "--list=remove.tsv", "--out=found"],
      ["inspect", "--data=people", "--out=found/inspection.html/x"],
      ["inspect", "--data=people", "--near=-1"],
      ["inspect", "--data=people", "--list=new.tsv", "--out=found"],
      ["inspect", "--data=people", "--list=remove.tsv", "--out=elsewhere"],
      ["inspect", "--data=people", "--out=other"],
    ]);
    assert.equal(done!.code, 0, done!.stderr);
    assert.match(done!.stdout, /^Broken files +1$/m);
    assert.match(done!.stdout, /^remove.tsv: 6 files that one would remove$/m);
    assert.deepEqual(files(), before);

    const found = JSON.parse(await Deno.readTextFile(`${folder}/found/inspection.json`));
    const name = (path: string) => basename(path);
    assert.deepEqual(found.broken.map(({ path }: { path: string }) => name(path)), planted.broken);
    assert.deepEqual(found.tiny.map(name), planted.tiny);
    assert.deepEqual(found.duplicates.map((paths: string[]) => paths.map(name)), [planted.duplicate]);
    assert.deepEqual(found.samePictureOfTwoPeople.near, []);
    assert.deepEqual(found.samePictureOfTwoPeople.equal.map((paths: string[]) => paths.map(name)), [
      planted.conflict,
    ]);
    const [near, ...more] = found.nearDuplicates;
    assert.deepEqual(
      [near.kept, ...near.others.map(({ path }: { path: string }) => path)].map(name),
      planted.near,
    );
    assert.deepEqual(more, []);
    assert.equal(found.images.length, 42); // 40 drawn and 4 planted, but for a junk box and the broken file.
    const training = found.counts.parts[0];
    assert.deepEqual([training.part, training.people, training.cameras], ["train", 4, 2]);

    const list = (await Deno.readTextFile(`${folder}/remove.tsv`)).trimEnd().split("\n").map((line) =>
      line.split("\t")
    );
    const kinds = list.map(([path = "", reason = ""]) => [name(path), reason.slice(0, reason.indexOf(":"))]);
    assert.deepEqual(
      kinds.sort(),
      [
        [planted.broken![0], "broken"],
        [planted.tiny![0], "tiny"],
        [planted.conflict![0], "conflict"],
        [planted.conflict![1], "conflict"],
        [planted.duplicate![1], "duplicate"],
        [planted.near![1], "near"],
      ].sort(),
    );

    const page = await Deno.readTextFile(`${folder}/found/inspection.html`);
    assert.match(page, /<h2>The same picture under two people<\/h2>/);
    assert.match(page, /data:image\/jpeg;base64,/);
    assert.doesNotMatch(page, /<script|https?:\/\/(?!www\.w3\.org)/);

    assert.equal(none!.code, 1);
    assert.match(none!.stderr, /cannot be made/);
    assert.equal(wrong!.code, 2);
    // Its own pages are replaced, nothing else.
    assert.equal(again!.code, 0, again!.stderr);
    for (
      const [refused, path, flag] of [[listed!, "remove.tsv", "list"], [
        other!,
        "inspection.json",
        "out",
      ]] as const
    ) {
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, new RegExp(`${path} exists already.*--${flag}, .*--overwrite`));
    }
    assert.ok(!exists(`${folder}/elsewhere`));
  }));
