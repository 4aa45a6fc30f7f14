import assert from "node:assert/strict";
import { relative } from "node:path";
import { cameraName, identityName, type ReidDataset } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import { agreedNaming, type LayoutName, readImageName } from "../../data/layouts/image_name.ts";
import { UNKNOWN_CAMERA } from "../../data/protocol.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { imagesInFolder } from "../../embed/image_files.ts";
import { parseImageName } from "../../data/layouts/naming.ts";
import { NUMBERED } from "../../data/layouts/other_namings.ts";
import { withFiles } from "./dataset_files.ts";
import { type Files, KINDS } from "./layout_kinds.ts";

/** Everybody and their cameras, as text. */
function shown(dataset: ReidDataset): string {
  const list = (part: "train" | "query" | "gallery") =>
    dataset[part].map(({ identity, camera }) =>
      `${identityName(dataset, identity)}/${cameraName(dataset, camera)}`
    )
      .map((text) => text.replace(/^0+(?=\d)/, ""));
  return [dataset.name, "train", ...list("train"), "query", ...list("query"), "gallery", ...list("gallery")]
    .join(" ");
}

Deno.test("folders as people have them are read as what their names say, or refused with what helps", async (t) => {
  for (const [name, files, expected, layouts = []] of KINDS) {
    await t.step(name, async () => {
      await withFiles(files, async (root) => {
        let said = "", named: readonly string[] = [];
        const dataset = await readDataset(root).catch((error) => {
          assert.ok(error instanceof DataError, `${error}`);
          said = error.message.replaceAll(root, "ROOT");
          named = error.remedies.flatMap((remedy) => remedy.kind === "layout" ? remedy.names : []);
        });
        if (dataset !== undefined) said = shown(dataset);
        if (typeof expected === "string") assert.equal(said, expected);
        else assert.match(said, expected);
        assert.deepEqual(named, layouts, said);
        if (dataset !== undefined) await sameCameras(dataset);
      });
    });
  }
});

/** Embedding a dataset's folder sees the cameras that training sees. */
async function sameCameras(dataset: ReidDataset): Promise<void> {
  const paths = (await Array.fromAsync(imagesInFolder(dataset.root, { links: 0, others: 0 }))).map((
    { path },
  ) => path);
  const by = agreedNaming(paths);
  for (const { path, camera } of [...dataset.train, ...dataset.query, ...dataset.gallery]) {
    const seen = readImageName(path, by).camera ?? UNKNOWN_CAMERA;
    assert.equal(seen, cameraName(dataset, camera), relative(dataset.root, path));
  }
}

Deno.test("names agree on cameras only where most say so, few, and shared by people or called otherwise than numbers", () => {
  const people = ["alice", "bob", "carol", "eve"];
  const named = (files: (person: string, i: number) => string[]) =>
    agreedNaming(people.flatMap((person, i) => files(person, i).map((file) => `${person}/${file}`)));
  assert.equal(named(() => ["door_1.jpg", "yard_1.jpg"]), "likely prefix");
  assert.equal(
    agreedNaming([...people.map((person) => `${person}/door_1.jpg`), "cam1/door_2.jpg"]),
    "likely prefix",
  );
  assert.equal(named((_, i) => [`${i}7_1.jpg`, `${i}8_1.jpg`]), undefined, "numbers of single images");
  assert.equal(
    named((_, i) => Array.from({ length: 9 }, (_, k) => `day ${i} ${k}_1.jpg`)),
    undefined,
    "36 texts",
  );
  assert.equal(named(() => ["door_1.jpg", "1.jpg"]), undefined, "half of them");

  assert.deepEqual(readImageName("alice/front_door_1.jpg", "prefix"), { camera: "front" });
  assert.deepEqual(readImageName("cam1/1.jpg", "folder"), { camera: "cam1" });
  assert.deepEqual(readImageName("cam1/alice/1.jpg", "outer folder"), { camera: "cam1" });
  assert.deepEqual(readImageName("alice/1.jpg", "outer folder"), {});
  assert.deepEqual(readImageName("1.jpg", "folder"), {});
  assert.equal(parseImageName(NUMBERED, "0001_c1_0001.mat"), undefined);
});

Deno.test("a layout that the user names is taken, and refused only where the folders are not so", async () => {
  const market = {
    "0": ["0002_c1s1_000451_03.jpg", "0002_c3s1_000451_03.jpg"],
    "1": ["0007_c2s1_000020_01.jpg"],
  };
  const test = { "query/0": ["0001_c1s1_001051_00.jpg"], "gallery/0": ["0001_c3s1_000551_00.jpg"] };
  const parts = { "train/0": market[0], "train/1": market[1], ...test };
  const rooms = Object.fromEntries(
    ["alice", "bob", "carol", "eve"].flatMap((person) =>
      ["door", "yard"].map((room) => [`${person}/${room}`, ["1.jpg"]])
    ),
  );
  const phones = Object.fromEntries(
    ["alice", "bob", "carol", "eve"].map((person) => [person, ["IMG_1.jpg", "DSC_2.jpg"]]),
  );
  const flat = [1, 2, 3, 4, 5, 6].flatMap((i) => [`000${i}_c1_f0000001.jpg`, `000${i}_c2_f0000002.jpg`]);
  const cases: [Files, LayoutName, string | RegExp][] = [
    [parts, "market1501", "Market-1501 train 2/1 2/3 7/2 query 1/1 gallery 1/3"],
    [parts, "people", "Custom people train 0/1 0/3 1/2 query 0/1 gallery 0/3"],
    [parts, "dukemtmc-reid", /train has no usable image, only 3 files of other names.* \(DukeMTMC-reID\)/],
    [parts, "msmt17", /laid out as MSMT17, but list_train\.txt/],
    [
      parts,
      "person/camera",
      /said to be laid out as person\/camera, two folders deep, but its images are not/,
    ],
    [
      rooms,
      "person/camera",
      /^Custom people train bob\/door bob\/yard eve.*query alice\/door alice\/yard carol/,
    ],
    [rooms, "camera/person", /are all in the test/],
    [rooms, "people", /which folder is the person and which the camera/],
    [phones, "people", /^Custom people train bob\/DSC bob\/IMG eve.*query alice\/DSC alice\/IMG carol/],
    [
      phones,
      "one-camera",
      /^Custom people train bob\/unknown bob\/unknown .*query alice\/unknown alice\/unknown/,
    ],
    [parts, "one-camera", /train 0\/unknown .*gallery 0\/unknown$/],
    [
      { ".": flat },
      "one-camera",
      /laid out as one-camera, with a folder for each person, but its images are not/,
    ],
    [{ ".": flat }, "people", /^Custom people train .*2\/1 2\/2 5.* query 1\/1 1\/2 3\/1/],
    [
      {
        "train/2": ["0002_c1s1_000451_03.jpg"],
        "train/7": ["0007_c2s1_000020_01.jpg"],
        "test/1": ["0001_c1s1_001051_00.jpg", "0001_c3s1_000551_00.jpg"],
      },
      "people",
      "Custom people train 2/1 7/2 query 1/1 1/3 gallery 1/1 1/3",
    ],
  ];
  for (const [files, layout, expected] of cases) {
    await withFiles(files, async (root) => {
      const said = await readDataset(root, { layout }).then(shown, (error) => String(error.message));
      if (typeof expected === "string") assert.equal(said, expected);
      else assert.match(said, expected);
    });
  }
});

Deno.test("copies of queries in the gallery are refused where they would be right matches, and noted elsewhere", async () => {
  const train = { "train/alice": ["door_1.jpg"], "train/bob": ["yard_1.jpg"] };
  const query = { "query/eve/cam1": { "1.jpg": "eve" } };
  const nested = { "train/alice/cam1": ["1.jpg"], "train/bob/cam2": ["1.jpg"], ...query };
  await withFiles({ ...nested, "gallery/eve/cam2": { "1.jpg": "eve" } }, async (root) => {
    await assert.rejects(readDataset(root), /is a copy of the query .* every query would find itself/);
  });
  await withFiles({ ...nested, "gallery/eve/cam2": { "1.jpg": "Eve" } }, async (root) => {
    assert.deepEqual((await readDataset(root)).warnings, []);
  });
  const eve = { "door_1.jpg": "eve at the door" };
  await withFiles(
    { ...train, "query/eve": eve, "gallery/eve": { ...eve, "yard_1.jpg": "" } },
    async (root) => {
      assert.match((await readDataset(root)).warnings.join(), /1 of the 1 queries are in the gallery, too/);
    },
  );
});
