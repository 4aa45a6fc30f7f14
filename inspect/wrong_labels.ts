/** Images that are far from their own person and near another: their labels may be wrong. */
import type { Device } from "../engine/mod.ts";
import { itemAt } from "../engine/item_at.ts";
import { cosine, type EmbeddedPeople, rowsOfPeople } from "./embeddings.ts";
import { nearestOthers } from "./nearest_others.ts";

/** Nearest images of a person that an image is compared with. */
const OF_A_PERSON = 3;
/** Nearest images of each image, among which other people are looked for, and how many of these are compared. */
const NEAREST = 64, PEOPLE = 8;

/** An image that is nearer to another person; images are indices in the inspection. */
export interface WrongLabel {
  readonly image: number;
  /** The nearest image of its own person, by another camera where there is one. */
  readonly own: number;
  /** The nearest image of the other person. */
  readonly other: number;
  /** Mean cosine to the nearest images of the other person, less that of its own. */
  readonly margin: number;
}

/** A person's images nearest to an image. */
interface Similarity {
  /** Row of the nearest. */
  readonly nearest: number;
  /** Mean cosine of the {@link OF_A_PERSON} nearest. */
  readonly mean: number;
}

/**
 * The images that are nearer to another person than to their own, the largest margin first. The margin of an image is
 * s(other) − s(own): s is the mean cosine to the three nearest images of a person. For its own person only images by
 * other cameras count, where there are any: a whole sequence with a wrong label does not support itself. The other
 * person is the one with the largest s, of the eight with the nearest images. The only image of a person is not judged.
 */
export async function wrongLabels(
  device: Device,
  people: EmbeddedPeople,
  onProgress?: (done: number, total: number) => void,
): Promise<WrongLabel[]> {
  const rows = rowsOfPeople(people);
  const found: WrongLabel[] = [];
  for await (const { row, nearest } of nearestOthers(device, people, NEAREST, onProgress)) {
    const person = itemAt(people.identity, row);
    const others = (rows.get(person) ?? []).filter((other) => other !== row);
    const elsewhere = others.filter((other) => people.camera[other] !== people.camera[row]);
    const own = similarity(people, row, elsewhere.length > 0 ? elsewhere : others);
    const near = new Set(nearest.map(({ position }) => itemAt(people.identity, position)));
    near.delete(person);
    const best = [...near].slice(0, PEOPLE)
      .flatMap((one) => similarity(people, row, rows.get(one) ?? []) ?? [])
      .reduce<Similarity | undefined>((a, b) => a === undefined || b.mean > a.mean ? b : a, undefined);
    if (own === undefined || best === undefined || best.mean <= own.mean) continue;
    const image = (row: number) => itemAt(people.images, row);
    found.push({
      image: image(row),
      own: image(own.nearest),
      other: image(best.nearest),
      margin: best.mean - own.mean,
    });
  }
  return found.sort((a, b) => b.margin - a.margin || a.image - b.image);
}

/** How similar an image is to a person with images in these rows; undefined where there are none. */
function similarity(people: EmbeddedPeople, row: number, rows: readonly number[]): Similarity | undefined {
  const nearest = rows.map((other) => ({ other, cosine: cosine(people, row, other) }))
    .sort((a, b) => b.cosine - a.cosine || a.other - b.other).slice(0, OF_A_PERSON);
  const [first] = nearest;
  if (first === undefined) return undefined;
  const sum = nearest.reduce((sum, { cosine }) => sum + cosine, 0);
  return { nearest: first.other, mean: sum / nearest.length };
}
