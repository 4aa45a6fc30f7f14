/** Training people who are left out of training, so that thresholds can be estimated on them. */
import type { ReidDataset } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import { Random } from "../engine/random.ts";
import type { TrainingOptions } from "./options.ts";
import { RunError } from "./errors.ts";
import { personDigests, type TrainedPeople } from "./trained_people.ts";

/** Names this draw among those of the seed. */
const HELD_OUT = 0x4e01d;

/** The people left out. */
export interface HeldOutPeople {
  /** Their digests. */
  readonly persons: readonly string[];
  /** Indices of their usable images in the training list, ascending. */
  readonly images: readonly number[];
}

/**
 * Draws the people to leave out: of those with usable images by two cameras, or with two images if nobody has that.
 * A run that goes on leaves out the same people as before, whatever was added to the dataset, and in the place of those who
 * are gone, others whom it was not trained on. People of the same name in several datasets, who may be one person, are left
 * out together, and count as one.
 *
 * @param usable for each training image, whether it could be decoded.
 * @param before those of the checkpoint that the run goes on from.
 * @throws {RunError} if there are too few people.
 */
export async function holdOutPeople(
  dataset: ReidDataset,
  usable: readonly boolean[],
  { holdoutPeople: count, seed }: Pick<TrainingOptions, "holdoutPeople" | "seed">,
  before?: TrainedPeople,
): Promise<HeldOutPeople> {
  if (count === 0) return { persons: [], images: [] };
  const images = [...dataset.train.keys()].filter((image) => usable[image]);
  const byPerson = Map.groupBy(images, (image) => itemAt(dataset.train, image).identity);
  const digests = await personDigests(dataset, images.map((image) => itemAt(dataset.train, image)));
  const digestOf = (identity: number) => digests.get(identity) ?? "";
  const withSeveral = (of: (image: number) => unknown) =>
    [...byPerson].filter(([, own]) => new Set(own.map(of)).size > 1).map(([identity]) => identity);
  const byCameras = withSeveral((image) => dataset.train[image]?.camera);
  const able = (byCameras.length > 0 ? byCameras : withSeveral((image) => image)).sort((a, b) => a - b);
  const trained = new Set([...before?.persons ?? [], ...before?.earlier ?? []]);
  const known = new Set(before?.heldOut);
  const drawn = new Random(seed).fork(HELD_OUT).shuffle([...new Set(able.map(digestOf))]);
  const free = drawn.filter((person) => !trained.has(person));
  const chosen = [
    ...free.filter((person) => known.has(person)),
    ...free.filter((person) => !known.has(person)),
  ].slice(0, count);
  const everybody = new Set(digests.values()).size;
  if (chosen.length < count || everybody - count < 2) {
    throw new RunError(
      `${count} people cannot be held out of training: of ${everybody} people, ${free.length} can be (of whom ` +
        "there are pairs of images, and whom the run was not trained on), and at least two must stay. Hold out fewer.",
      { remedies: [{ kind: "change", settings: ["holdoutPeople"] }] },
    );
  }
  const isChosen = new Set(chosen);
  return {
    persons: chosen,
    images: images.filter((image) => isChosen.has(digestOf(itemAt(dataset.train, image).identity))),
  };
}
