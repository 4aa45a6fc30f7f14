/** Datasets and settings so small that a whole run takes seconds. */
import type { PersonImage } from "../../data/dataset.ts";
import { readDataset } from "../../data/read_dataset.ts";
import { writeSyntheticPeople } from "../../data/synthetic/write.ts";

/** Flags of a run on {@link writeTinyPeople}: every layer of the network is there, and hardly a channel in it. */
export const TINY = [
  "--image-height=32",
  "--image-width=32",
  "--width=0.02",
  "--p=2",
  "--k=2",
  "--batch-size=4",
  "--triplets=2",
  "--shift=1",
  "--epochs=2",
  "--batches-per-epoch=2",
];

/** Draws four people to train on and three to test on: 40 images. */
export async function writeTinyPeople(folder: string): Promise<void> {
  const options = { trainIdentities: 4, testIdentities: 3, cameras: 2, distractors: 2, junk: 1 };
  await writeSyntheticPeople(folder, options, { workers: 1 });
}

/** The people of {@link writeTinyPeople} in a folder each, by names whose hashes divide them as they are divided there. */
export async function writeTinyFolders(folder: string): Promise<void> {
  const drawn = `${folder}.drawn`;
  await writeTinyPeople(drawn);
  const { train, query, gallery } = await readDataset(drawn);
  const copy = async (names: string[], images: PersonImage[]) => {
    const people = [...new Set(images.map(({ identity }) => identity))].filter((identity) => identity !== 0);
    for (const { path, identity, camera } of images.filter(({ identity }) => identity !== 0)) {
      const person = `${folder}/${names[people.indexOf(identity)]!}`;
      await Deno.mkdir(person, { recursive: true });
      await Deno.rename(path, `${person}/${["door", "yard"][camera - 1]!}_${path.split("/").at(-1)!}`);
    }
  };
  await copy(["bob", "eve", "mallory", "trent"], train);
  await copy(["alice", "carol", "dave"], [...query, ...gallery]);
  await Deno.remove(drawn, { recursive: true });
}

/** A dataset of `people` × `images` training images, all of them the picture in `jpeg`. */
export async function writeCopies(
  folder: string,
  jpeg: Uint8Array,
  { people, images }: { people: number; images: number },
): Promise<void> {
  const write = async (part: string, identity: number, camera: number, count: number) => {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
    for (let i = 0; i < count; i++) {
      const name = `${String(identity).padStart(4, "0")}_c${camera}s1_${String(i).padStart(6, "0")}_01.jpg`;
      await Deno.writeFile(`${folder}/${part}/${name}`, jpeg);
    }
  };
  for (let person = 0; person < people; person++) await write("bounding_box_train", 2 + person, 1, images);
  for (const identity of [1000, 1001]) {
    await write("query", identity, 1, 1);
    await write("bounding_box_test", identity, 2, 2);
  }
}
