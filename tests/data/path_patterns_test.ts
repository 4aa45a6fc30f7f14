import assert from "node:assert/strict";
import { cameraName, identityName } from "../../data/dataset.ts";
import { DataError } from "../../data/errors.ts";
import { readDataset, type ReadDatasetOptions } from "../../data/read_dataset.ts";
import { withFiles } from "./dataset_files.ts";
import type { Files } from "./layout_kinds.ts";

const flat = ["alice", "bob", "carol", "eve"].flatMap((person) =>
  ["cam1", "cam2"].map((camera) => `2026-${person}-${camera}.jpg`)
);
const deep: Files = Object.fromEntries(
  ["alice", "bob", "carol", "eve"].map((
    person,
  ) => [`site/${person}/day/${person}`, ["a-door.jpg", "b-yard.jpg"]]),
);
const parts: Files = {
  "train/bob": ["1-x.jpg", "2-y.jpg"],
  "train/eve/later": ["1-x.jpg"],
  "test/alice": ["1-x.jpg", "2-y.jpg", "oops.jpg"],
};
const market: Files = {
  "bounding_box_train": [
    "0000_c1s1_000151_01.jpg",
    "0002_c1s1_000451_03.jpg",
    "0002_c2s1_000020_01.jpg",
    "0007_c1s1_000020_01.jpg",
  ],
  "query": ["0001_c1s1_001051_00.jpg"],
  "bounding_box_test": [
    "-1_c2s1_000151_01.jpg",
    "0000_c3s1_000151_01.jpg",
    "0001_c1s1_001051_00.jpg",
    "0001_c3s1_000551_00.jpg",
  ],
};
const EVERYBODY =
  "train bob/A bob/B eve/A eve/B query alice/A alice/B carol/A carol/B gallery alice/A alice/B carol/A carol/B";
const everybody = (a: string, b: string) => EVERYBODY.replaceAll("/A", `/${a}`).replaceAll("/B", `/${b}`);

/** Folders, patterns, what is read or said, and the settings that help. */
const CASES: readonly [name: string, Files, ReadDatasetOptions, string | RegExp, string[]?][] = [
  [
    "both, in a flat folder",
    { ".": flat },
    { identityFrom: "-([a-z]+)-", cameraFrom: "(cam\\d)" },
    everybody("cam1", "cam2"),
  ],
  [
    "groups by their names",
    { ".": flat },
    { identityFrom: "(\\d+)-(?<identity>[a-z]+)", cameraFrom: "(.)-(?<camera>cam\\d)" },
    everybody("cam1", "cam2"),
  ],
  [
    "in folders at any depth",
    deep,
    { identityFrom: "^site/([^/]+)/", cameraFrom: "([^-]+)\\.jpg$" },
    everybody("door", "yard"),
  ],
  ["people alone, and no camera", deep, { identityFrom: "^site/([^/]+)/" }, everybody("unknown", "unknown")],
  [
    "people alone, and the camera elsewhere",
    { ".": flat.map((file) => file.replaceAll("-", "_")) },
    { identityFrom: "_([a-z]+)_" },
    /do not say their cameras for certain/,
    ["layout"],
  ],
  [
    "people before the first underscore",
    { ".": flat.map((file) => file.replace(/^\d+-(.*)-cam(.)/, "$1_$2")) },
    { identityFrom: "^([^_]+)_" },
    everybody("unknown", "unknown"),
  ],
  [
    "cameras alone, in parts",
    parts,
    { cameraFrom: "-(.)\\." },
    "train bob/x bob/y eve/x query alice/x alice/y gallery alice/x alice/y\n" +
    "1 of 6 paths do not match the pattern of the camera, -(.)\\., and are left out: test/alice/oops.jpg.",
  ],
  [
    "cameras alone, of people, distractors and junk by the names of Market-1501",
    market,
    { cameraFrom: "(c\\d)s" },
    "train 2/c1 2/c2 7/c1 query 1/c1 gallery nobody/c3 1/c1 1/c3\n" +
    '1 images outside of a gallery are of identity 0, which means "nobody in particular", and are left out.',
  ],
  [
    "people alone, of whom some are called 0 and -1",
    market,
    { identityFrom: "/(-?\\d+)_" },
    "train 0000/1 0002/1 0002/2 0007/1 query 0001/1 gallery -1/2 0000/3 0001/1 0001/3\n" +
    "1 people are in both training and test (0000): the scores are not those of people who are new to the network.",
  ],
  ["cameras alone, of nobody", { ".": flat }, { cameraFrom: "(cam\\d)" }, /in no folders of people/],
  [
    "no match",
    { ".": flat },
    { identityFrom: "(x)", cameraFrom: "(cam\\d)" },
    /None of the 8 paths matches the pattern of the identity, \(x\): 2026-alice-cam1\.jpg, /,
    ["identityFrom"],
  ],
  [
    "no regular expression",
    { ".": flat },
    { cameraFrom: "(cam" },
    /\(cam is not a regular expression: .*single quotes/,
    ["cameraFrom"],
  ],
  [
    "no group",
    { ".": flat },
    { cameraFrom: "cam\\d" },
    /has no group: put the part that is the camera into parentheses/,
    ["cameraFrom"],
  ],
  ["no pictures", { ".": ["a.txt"] }, { cameraFrom: "(x)" }, /has no images of people/],
];

for (const [name, files, options, expected, settings = []] of CASES) {
  Deno.test(`people and cameras by patterns: ${name}`, async () => {
    await withFiles(files, async (root) => {
      let said = "", named: string[] = [];
      try {
        const dataset = await readDataset(root, options);
        const list = (part: "train" | "query" | "gallery") =>
          dataset[part].map((image) =>
            `${image.identity === 0 ? "nobody" : identityName(dataset, image.identity)}/${
              cameraName(dataset, image.camera)
            }`
          );
        said = ["train", ...list("train"), "query", ...list("query"), "gallery", ...list("gallery")].join(
          " ",
        );
        const warnings = dataset.warnings.filter((text) => !text.includes("same-camera"));
        said = [said, ...warnings].join("\n");
      } catch (error) {
        assert.ok(error instanceof DataError, `${error}`);
        said = error.message;
        named = error.remedies.flatMap((remedy): string[] =>
          remedy.kind === "change" ? [...remedy.settings] : [remedy.kind]
        );
      }
      if (typeof expected === "string") assert.equal(said, expected);
      else assert.match(said, expected);
      assert.deepEqual(named, settings, said);
    });
  });
}

Deno.test("a link to a folder around it does not repeat the pictures", async () => {
  await withFiles({ ".": flat }, async (root) => {
    await Deno.symlink(root, `${root}/again`);
    const { train, gallery } = await readDataset(root, {
      identityFrom: "-([a-z]+)-",
      cameraFrom: "(cam\\d)",
    });
    assert.equal(train.length + gallery.length, flat.length);
  });
});
