/**
 * Data folders with odd names, under other names than the published ones, in each other, with generated images; links that
 * lead outside or in circles, and lists that name files outside.
 */
import { join } from "node:path";
import { printable } from "../../../cli/command.ts";
import { cameraName, identityName, type ReidDataset } from "../../../data/dataset.ts";
import { DataError } from "../../../data/errors.ts";
import { readImageName } from "../../../data/layouts/image_name.ts";
import { readDataset } from "../../../data/read_dataset.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { pick } from "./malformed_safetensors.ts";
import { notParagraph } from "./paragraph.ts";

/** Unusual but valid file names. */
const NAMES = [
  "a.jpg",
  "..jpg",
  "...",
  "-rf",
  "--help",
  "a b.jpg",
  "a\nb.jpg",
  "\u001b[2Jx.jpg",
  "é.png",
  "e\u0301.png",
  "人_1.jpg",
  "<script>alert(1)</script>_1.jpg",
  "\"'`$(x);&|_1.jpg",
  "%2e%2e%2f_1.jpg",
  "__proto___1.jpg",
  "constructor",
  "\u202egpj._1.jpg",
  "Thumbs.db",
  ".hidden.jpg",
  "_.jpg",
  "x".repeat(250) + "_1.jpg",
  "con_1.jpg",
  "a\\..\\b_1.jpg",
  "door_1.JPG",
  "\u{1f600}_1.jpeg",
];

const PEOPLE = [
  "alice",
  "bob",
  "__proto__",
  "toString",
  "<b>carol</b>",
  "d\ne",
  "人",
  "e\u0301",
  "é",
  "-1",
  "train",
  " ",
];

/** A name in a dataset's convention, with numbers at and beyond their limits. */
function conventional(random: SeededRandom): string {
  const number = () =>
    pick(random, ["0", "1", "2", "7", "0000", "0003", "-1", "999999999", "9999999999", "1e3", "٣", ""]);
  return pick(random, [
    () => `${number()}_c${number()}s${number()}_${number()}_${number()}.jpg`,
    () => `${number()}_c${number()}_f${number()}.jpg`,
    () => `000${random.integer(4)}_c${1 + random.integer(3)}s1_00000${random.integer(9)}_01.jpg`,
    () => `000${random.integer(4)}_c${1 + random.integer(3)}_f000000${random.integer(9)}.jpg`,
    () => `000${random.integer(4)}_00${random.integer(9)}_0${1 + random.integer(3)}_0303morning_0015_0.jpg`,
  ])();
}

/** What the parts of a dataset are called. */
const PARTS = [
  ["bounding_box_train", "query", "bounding_box_test"],
  ["Train", "Query", "Gallery"],
  ["train", "query", "test"],
  ["train_all", "query", "gallery"],
  ["a", "b", "c"],
];

/** Creates a folder under other names than the published ones, whose files say who they show. */
async function rename(root: string, random: SeededRandom): Promise<void> {
  const inside = pick(random, ["", "", "Market-1501", "a/b", "__MACOSX"]);
  const depth = random.integer(3), clean = random.integer(2) === 0;
  const ending = pick(random, [".jpg", ".jpg", ".jpg", ".PNG", ".jpeg", ".bmp"]);
  for (const part of [...pick(random, PARTS), ...random.integer(4) === 0 ? ["val", "gt_bbox"] : []]) {
    if (random.integer(30) === 0) continue;
    for (let count = 3 + random.integer(5); count > 0; count--) {
      const [person, camera] = [clean ? 1 + random.integer(3) : random.integer(4) - 1, 1 + random.integer(3)];
      const who = person < 0 ? "-1" : `000${person}`;
      const folders = [[], [who], [`cam${camera}`, who], [who, `cam${camera}`], [`${random.integer(3)}`]];
      const folder = join(root, inside, part, ...folders[random.integer(100) === 0 ? 4 : depth] ?? []);
      await Deno.mkdir(folder, { recursive: true });
      const real = `${who}_c${camera}s1_00000${count}_01`;
      const name = clean ? real : pick(random, [
        real,
        real,
        real,
        `${who}_c${camera}s1_00000${count}_01_fake_1to2`,
        `150${count}_c2c3_000809_01`,
        `._${who}_c${camera}s1_00000${count}_01`,
      ]);
      await Deno.writeTextFile(join(folder, name + ending), "");
    }
  }
}

/** Creates a folder in one of the layouts, partly valid. */
async function build(root: string, random: SeededRandom): Promise<void> {
  if (random.integer(2) === 0) return await rename(root, random);
  const layout = pick(random, [
    ["bounding_box_train", "query", "bounding_box_test"],
    PEOPLE,
    ["train/alice", "train/bob", "test/carol", "test/dan"],
    ["train/0000", "train/0001", "test/0000", "test/0001"],
  ]);
  for (const folder of layout) {
    if (random.integer(12) === 0) continue;
    await Deno.mkdir(join(root, folder), { recursive: true });
    for (let count = random.integer(8); count > 0; count--) {
      const name = random.integer(3) === 0
        ? pick(random, NAMES)
        : layout.length === 3 || folder.includes("/0")
        ? conventional(random)
        : `${pick(random, ["door", "yard", "hall"])}_${count}.jpg`;
      await Deno.writeTextFile(join(root, folder, name), "").catch(() => {}); // Not a valid file name.
    }
    if (random.integer(6) === 0) await link(join(root, folder), root, random);
  }
  if (random.integer(6) === 0) await link(root, root, random);
  if (layout[0] === "train/0000" || random.integer(10) === 0) {
    for (const list of ["list_train.txt", "list_query.txt", "list_gallery.txt", "list_val.txt"]) {
      if (random.integer(8) > 0) await Deno.writeTextFile(join(root, list), lines(root, list, random));
    }
  }
}

/** Lines of a list that point outside the folder or at nothing. */
const LINES = [
  "../../../../etc/passwd 0",
  "/etc/passwd 0",
  "../secret/0000_000_01_0303morning_0015_0.jpg 0",
  "0000\\..\\x.jpg 0",
  "0000/../0001/0000_000_01_0303morning_0015_0.jpg 0",
  "\u0000/\u0000 0",
  "0000/0000_000_01_0303morning_0015_0.jpg 99999999999",
  "x".repeat(100_000),
];

/** Lines of a list: half of the existing images, and sometimes an invalid line. */
function lines(root: string, list: string, random: SeededRandom): string {
  const half = list === "list_train.txt" || list === "list_val.txt" ? "train" : "test";
  const found: string[] = [];
  for (const person of ["0000", "0001"]) {
    try {
      const names = [...Deno.readDirSync(join(root, half, person))].map(({ name }) => name).sort();
      for (const name of names) {
        if (random.integer(2) === 0) found.push(`${person}/${name} ${Number(person)}`);
      }
    } catch {
      // The folder does not exist.
    }
  }
  if (random.integer(8) === 0) found.push(pick(random, LINES));
  return found.sort().join(pick(random, ["\n", "\r\n"]));
}

/** A link into the folder, to a neighbor, to a system path, or to itself. */
async function link(folder: string, root: string, random: SeededRandom): Promise<void> {
  const name = pick(random, ["link", "0001_c1s1_000001_01.jpg", "door_1.jpg", "eve", "train", "query"]);
  const path = join(folder, name);
  const target = pick(random, [
    ".",
    "..",
    root,
    join(root, ".."),
    "/",
    "/etc",
    "/etc/passwd",
    "/dev/zero",
    path,
    "nowhere",
    `${root}-secret`,
  ]);
  await Deno.symlink(target, path).catch(() => {}); // The name is taken.
}

/** Describes what is wrong with a dataset, or returns undefined. */
async function faultOf(dataset: ReidDataset, root: string): Promise<string | undefined> {
  const real = await Deno.realPath(root);
  for (const { path, identity, camera } of [...dataset.train, ...dataset.query, ...dataset.gallery]) {
    if (!Number.isSafeInteger(identity) || identity < 0 || !Number.isSafeInteger(camera) || camera < 0) {
      return `identity ${identity}, camera ${camera}`;
    }
    const target = await Deno.realPath(path).catch(() => undefined);
    if (target !== undefined && !target.startsWith(`${real}/`)) return `${path} leads outside, to ${target}`;
  }
  const misread = misreadIn(dataset);
  if (misread !== undefined) return misread;
  return dataset.warnings.map((warning) => notParagraph(printable(warning))).find((fault) =>
    fault !== undefined
  );
}

/** An image whose name says another person or camera than the dataset, in the naming of a public dataset. */
function misreadIn(dataset: ReidDataset): string | undefined {
  if (dataset.name.startsWith("MSMT17")) return undefined; // Its lists say who is who.
  const images = [...dataset.train, ...dataset.query, ...dataset.gallery];
  for (const { path, identity, camera } of images) {
    const said = readImageName(path, undefined), taken = identityName(dataset, identity);
    if (said.identity !== undefined && Number(taken) !== said.identity) {
      return `${path} is taken for ${taken}`;
    }
    if (said.camera !== undefined && cameraName(dataset, camera) !== said.camera) {
      return `${path} is taken to be by ${cameraName(dataset, camera)}`;
    }
  }
  return undefined;
}

/** The torture. */
export const torture: Torture = {
  promise:
    "Any data folder is read as its names say, or refused with a reason, whatever its names, links and lists are; no file outside it is read",
  async run({ short, seed, say, progress }) {
    const trials = short ? 450 : 5_000;
    const random = seededRandom(seed);
    const folder = await Deno.makeTempDir({ prefix: "folders-" });
    let [wrong, taken] = [0, 0];
    try {
      for (let trial = 0; trial < trials; trial++) {
        const root = join(folder, `${trial}`);
        await Deno.mkdir(`${root}-secret`, { recursive: true });
        await Deno.writeTextFile(`${root}-secret/door_1.jpg`, "");
        await Deno.mkdir(root);
        await build(root, random);
        let fault: string | undefined;
        try {
          fault = await faultOf(await readDataset(root), root);
          taken++;
        } catch (error) {
          fault = error instanceof DataError ? notParagraph(printable(error.message)) : `it throws ${error}`;
        }
        if (fault !== undefined) {
          wrong++;
          say(`folder ${trial}: ${fault.slice(0, 300)}`);
        }
        await Deno.remove(root, { recursive: true });
        await Deno.remove(`${root}-secret`, { recursive: true });
        if (trial % 50 === 0) progress(trial, trials);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    return { trials, losses: 0, hangs: 0, wrong, figures: `${taken} accepted` };
  },
};
