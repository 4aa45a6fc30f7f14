import assert from "node:assert/strict";
import { basename } from "node:path";
import { cameraName, identityName, type ReidDataset } from "../../data/dataset.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { withFiles } from "./dataset_files.ts";

/** Everybody, their cameras and files. */
function shown(dataset: ReidDataset): string {
  const list = (part: "train" | "query" | "gallery") =>
    dataset[part].map((image) =>
      `${image.identity === 0 ? "-" : identityName(dataset, image.identity)}/${
        cameraName(dataset, image.camera)
      }/${basename(image.path)}`
    );
  return ["train", ...list("train"), "query", ...list("query"), "gallery", ...list("gallery")].join(" ");
}

const FILES = ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg", "8.jpg"];
const EIGHT = "train a/x/1.jpg a/y/2.jpg b/x/3.jpg query c/x/4.jpg gallery c/y/5.jpg -/x/6.jpg";

/** A table, and what is read of it or a pattern of the refusal. */
const TABLES: readonly [name: string, text: string | Uint8Array<ArrayBuffer>, expected: string | RegExp][] = [
  [
    "the columns in any order, others among them",
    "camera,note,identity,split,path\nx,,a,train,1.jpg\ny,,a,train,2.jpg\nx,,b,train,3.jpg\n" +
    "x,,c,query,4.jpg\ny,,c,gallery,5.jpg\nx,,,gallery,6.jpg\nx,,-1,gallery,7.jpg\n",
    EIGHT,
  ],
  [
    "as spreadsheets write it: a byte order mark, semicolons, CRLF, quotes",
    '\ufeffPath;Identity;Camera;Split\r\n"1.jpg";a;x;Train\r\n./2.jpg;a;y;TRAIN\r\n3.jpg;b;x;train\r\n\r\n' +
    "4.jpg;c;x;query\r\n5.jpg;c;y;gallery\r\n6.jpg;;x;gallery\r\n",
    EIGHT,
  ],
  [
    "names with quotes, separators and lines in them",
    'path\tidentity\tcamera\tsplit\n1.jpg\t"the ""tall"" one"\tx\ttrain\n2.jpg\t"b\tc"\tx\ttrain\n' +
    '3.jpg\t"d\ne"\tx\ttest\n4.jpg\t"d\ne"\ty\ttest\n',
    'train the "tall" one/x/1.jpg b\tc/x/2.jpg query d\ne/x/3.jpg d\ne/y/4.jpg gallery d\ne/x/3.jpg d\ne/y/4.jpg',
  ],
  [
    "without a split, by the hashes of the names; without a camera",
    "path,identity\n1.jpg,bob\n2.jpg,bob\n3.jpg,eve\n4.jpg,alice\n5.jpg,alice\n6.jpg,carol\n",
    "train bob/unknown/1.jpg bob/unknown/2.jpg eve/unknown/3.jpg " +
    "query alice/unknown/4.jpg alice/unknown/5.jpg carol/unknown/6.jpg " +
    "gallery alice/unknown/4.jpg alice/unknown/5.jpg carol/unknown/6.jpg",
  ],
  [
    "no header",
    "1.jpg,a,x\n2.jpg,b,x\n",
    /no column path and none called identity: it has "1\.jpg", "a", "x"/,
  ],
  ["a column twice", "path,identity,path\n", /has the column path twice/],
  ["a header alone", "path,identity\n", /no line after its header/],
  ["nothing", "", /people\.csv is empty\. A header names/],
  [
    "as Excel leaves it: the separator on top, and cleared rows below",
    "sep=;\r\npath;identity;camera;split\r\n1.jpg;a;x;train\r\n2.jpg;a;y;train\r\n;;;\r\n3.jpg;b;x;train\r\n" +
    "4.jpg;c;x;query\r\n5.jpg;c;y;gallery\r\n6.jpg;;x;gallery\r\n; ;;\r\n;;;\r\n",
    EIGHT,
  ],
  ["a wrong line below that on top", "sep=|\npath|identity\n1.jpg|a\n2.jpg\n", /line 4 has 1 fields/],
  [
    "paths as Windows writes them",
    "path,identity\nno\\1.jpg,a\n",
    /1 of the 1 images .* and folders are separated by "\/", not by "\\"\.$/,
  ],
  [
    "a field too many",
    "path,identity\n1.jpg,a\n2.jpg,b,c\n",
    /people\.csv, line 3 has 3 fields, and the header 2/,
  ],
  [
    "an open quote",
    'path,identity\n1.jpg,a\n"2.jpg,b\n',
    /cannot be read as CSV, line \d: Quote Not Closed/,
  ],
  ["no identity", "path,identity\n1.jpg,a\n2.jpg,\n", /line 3 has no identity. Only images of the gallery/],
  [
    "nobody in training",
    "path,identity,split\n1.jpg,,train\n",
    /line 2 has no identity\. Only images of the gallery/,
  ],
  ["no path", "path,identity\n,a\n", /line 2 has no path/],
  [
    "another split",
    "path,identity,split\n1.jpg,a,val\n",
    /line 2 has the split "val"\. Splits are train, query, /,
  ],
  [
    "some splits",
    "path,identity,split\n1.jpg,a,train\n2.jpg,b,\n",
    /line 3 has no split, and .* line 2 has one/,
  ],
  [
    "some cameras",
    "path,identity,camera\n1.jpg,a,\n2.jpg,b,x\n",
    /line 2 has no camera, and .* line 3 has one/,
  ],
  [
    "several cameras, and nobody seen by two",
    "path,identity,camera\n1.jpg,bob,x\n2.jpg,bob,x\n3.jpg,eve,y\n4.jpg,alice,y\n5.jpg,alice,y\n",
    /the camera is the column camera\. Nobody .* Add images .*; or take .*: remove the column camera\.$/,
  ],
  [
    "test and query",
    "path,identity,split\n1.jpg,a,train\n2.jpg,b,train\n3.jpg,c,test\n4.jpg,c,query\n",
    /images of the split test \(.*line 4\) and others of query \(.*line 5\)/,
  ],
  ["a path twice", "path,identity\n1.jpg,a\n./1.jpg,b\n", /line 3 names .*1\.jpg, as does .*line 2/],
  [
    "a missing file",
    "path,identity\n1.jpg,a\nno/9.jpg,b\n",
    /1 of the 2 images .* do not exist: .*no\/9\.jpg \(.*line 3\)/,
  ],
  ["a frame that is none", "path,identity,frame\n1.jpg,a,1.5\n", /line 2 has the frame "1\.5"/],
  ["a time that is none", "path,identity,time\n1.jpg,a,2026-13-01\n", /line 2 has the time "2026-13-01"/],
  ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x70, 0), /is not UTF-8 text: save it as CSV in UTF-8/],
];

for (const [name, text, expected] of TABLES) {
  Deno.test(`a table of people: ${name}`, async () => {
    await withFiles({ ".": FILES }, async (root) => {
      const path = `${root}/people.csv`;
      await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
      const said = await readDataset(path).then(shown, (error) => String(error.message));
      if (typeof expected === "string") assert.equal(said, expected);
      else assert.match(said, expected);
    });
  });
}

Deno.test("a table's times are frames of 25 a second on one clock, and its tracks stay", async () => {
  const times = ["0.5", "2026-01-31T18:30:05.2+01:00", "2026-01-31 17:30:05", "2026-01-31"];
  await withFiles({ ".": FILES }, async (root) => {
    const lines = times.map((time, i) =>
      `${i + 1}.jpg,${"aabb"[i]},${"xyxy"[i]},${i < 2 ? "train" : "test"},${time},t${i}\n`
    );
    const more = "5.jpg,c,x,train,1,\n";
    await Deno.writeTextFile(
      `${root}/people.csv`,
      ["path,identity,camera,split,time,track\n", ...lines, more].join(""),
    );
    const { timed, train, query } = await readDataset(`${root}/people.csv`);
    const midnight = Date.UTC(2026, 0, 31) / 1000, evening = midnight + 17 * 3600 + 30 * 60 + 5;
    assert.equal(timed, true);
    assert.deepEqual(
      [...train, ...query].map(({ frame, sequence, track }) => [frame, sequence, track]),
      [[13, 1, "t0"], [25 * evening + 5, 1, "t1"], [25, 1, undefined], [25 * evening, 1, "t2"], [
        25 * midnight,
        1,
        "t3",
      ]],
    );
    const without = lines.join("").replace(",0.5,", ",,");
    await Deno.writeTextFile(
      `${root}/people.csv`,
      "path,identity,camera,split,time,track\n" + without + more,
    );
    const dataset = await readDataset(`${root}/people.csv`);
    assert.equal(dataset.timed, false);
    assert.match(dataset.warnings.join(), /1 of the 5 images of .* have no time: times are not used/);
  });
});

Deno.test("a table has a column for everything: layouts and patterns are refused beside it", async () => {
  await withFiles({ ".": { "people.csv": "path,identity\n" } }, async (root) => {
    await assert.rejects(
      readDataset(`${root}/people.csv`, { cameraFrom: "(.)" }),
      /has a column for everything/,
    );
  });
});
