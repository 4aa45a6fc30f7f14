import { Random } from "../../engine/random.ts";
import type { SyntheticOptions } from "./options.ts";
import { GROUP } from "./person.ts";
import { RecordingNames, WalkNames } from "./names.ts";
import type { Shot } from "./render.ts";

/** One file of the set: its name within the set's folder, and what it shows. */
export interface PlannedImage {
  file: string;
  shot: Shot;
}

/** Share of the cameras that see a given person; two at least do. */
const SEEN = 0.88;

/**
 * Decides every file of a set: which camera sees which person how often, with file names as in Market-1501.
 * Identities of training and test are mixed, as in Market-1501.
 */
export function planImages(options: SyntheticOptions): PlannedImage[] {
  const random = new Random(options.seed).fork(0x706c616e); // Separate from the forks that draw.
  const names = options.walks ? new WalkNames(options.cameras, random) : new RecordingNames(random);
  const images: PlannedImage[] = [];
  const identities = random.shuffle(
    Array.from({ length: options.trainIdentities + options.testIdentities }, (_, i) => i + 1),
  );
  const add = (folder: string, label: number, shot: Shot) => {
    images.push({ file: `${folder}/${names.next(label, shot)}`, shot });
  };
  // Groups of similar people are not split: training and test have separate groups.
  const firstTest = Math.ceil(options.trainIdentities / GROUP) * GROUP;

  for (const [person, identity] of identities.slice(0, options.trainIdentities).entries()) {
    for (const camera of camerasOf(options.trainCameras, random)) {
      const count = around(options.imagesPerCamera, random);
      for (let index = 0; index < count; index++) {
        add("bounding_box_train", identity, { kind: "person", person, camera, index });
      }
    }
  }
  for (const [i, identity] of identities.slice(options.trainIdentities).entries()) {
    const person = firstTest + i;
    for (const camera of camerasOf(options.cameras, random)) {
      const count = around(options.galleryImagesPerCamera, random);
      for (let index = 0; index <= count; index++) {
        add(index === 0 ? "query" : "bounding_box_test", identity, { kind: "person", person, camera, index });
      }
    }
  }
  for (let person = 0; person < options.distractors; person++) {
    const camera = 1 + random.integer(options.cameras);
    add("bounding_box_test", 0, { kind: "distractor", person, camera, index: 0 });
  }
  for (let index = 0; index < options.junk; index++) {
    const camera = 1 + random.integer(options.cameras);
    const person = firstTest + random.integer(options.testIdentities);
    add("bounding_box_test", -1, { kind: "junk", person, camera, index });
  }
  return images;
}

/** The cameras, from 1, that see a person. */
function camerasOf(count: number, random: Random): number[] {
  const order = random.shuffle(Array.from({ length: count }, (_, i) => i + 1));
  return order.filter((_, i) => i < 2 || random.next() < SEEN).sort((a, b) => a - b);
}

/** A random integer of at least 1, above and below the mean equally often. */
function around(mean: number, random: Random): number {
  return Math.max(1, Math.floor(mean + 2 * random.next() - 0.5));
}
