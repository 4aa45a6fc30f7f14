/** What an inspection found, as lists of groups of images for the page. */
import { itemAt } from "../engine/item_at.ts";
import { type Inspection, inTrainingAndTest, ofTwoPeople, suspects, TINY } from "./inspection.ts";

/** An image in a find. */
export interface FoundImage {
  /** Its index in the inspection. */
  readonly image: number;
  /** What there is to say about it in this find, such as its distance. */
  readonly note?: string;
}

/** Images that belong together. */
export interface Find {
  readonly images: readonly FoundImage[];
  /** What there is to say about all of them. */
  readonly note?: string;
}

/** A list of finds of one kind. */
export interface FindList {
  readonly title: string;
  readonly lead: string;
  /** The number of all finds; undefined where the list is an order of all images. */
  readonly total?: number;
  readonly finds: readonly Find[];
}

/** Images of a find that are shown. */
export const MOST_OF_A_FIND = 8;

/** The images that the page shows, each once. */
export function shownImages(lists: readonly FindList[]): number[] {
  const shown = lists.flatMap(({ finds }) => finds.flatMap(({ images }) => images.slice(0, MOST_OF_A_FIND)));
  return [...new Set(shown.map(({ image }) => image))];
}

const fixed = (levels: number) => `${levels.toFixed(1)} levels`;

/**
 * The lists, with at most `show` finds in each, the most serious list first.
 */
export function findLists(inspection: Inspection, show: number): FindList[] {
  const { duplicates: { equal, near, nearOfTwoPeople }, tiny, images, levels } = inspection;
  const [conflicts, copies] = [true, false].map((two) =>
    equal.filter((group) => ofTwoPeople(inspection, group) === two)
  );
  const leak = (group: readonly number[]) =>
    inTrainingAndTest(inspection, group) ? { note: "in training and in the test" } : {};
  const whole = (group: readonly number[]): Find => ({
    images: group.map((image) => ({ image })),
    ...leak(group),
  });
  const twoPeople = [
    ...(conflicts ?? []).map((group) => ({ ...whole(group), note: "equal pixels" })),
    ...nearOfTwoPeople.map(({ first, second, levels }): Find => ({
      images: [{ image: first }, { image: second }],
      note: `${fixed(levels)} apart`,
    })),
  ];
  const list = (title: string, lead: string, finds: readonly Find[]): FindList => ({
    title,
    lead,
    total: finds.length,
    finds: finds.slice(0, show),
  });
  const extremes = (title: string, lead: string, value: (image: number) => number): FindList => {
    const first = [...images.keys()].sort((a, b) => value(a) - value(b) || a - b).slice(0, show);
    const finds = first.map((image): Find => ({
      images: [{ image, note: Math.abs(value(image)).toFixed(0) }],
    }));
    return { title, lead, finds };
  };
  return [
    list(
      "The same picture under two people",
      "One of the two identities is wrong. Distractors count as another person.",
      twoPeople,
    ),
    ...networkLists(inspection, list),
    list("Duplicates", "Files with equal pixels, of one person.", (copies ?? []).map(whole)),
    list(
      "Near duplicates",
      `Pictures whose thumbnails of 16 × 8 cells differ by at most ${levels} of 255 levels (root mean square), as after ` +
        "another compression. The first of each group would be kept.",
      near.map(({ kept, others }): Find => ({
        images: [
          { image: kept },
          ...others.map(({ image, levels }) => ({ image, note: fixed(levels) })),
        ],
        ...leak([kept, ...others.map(({ image }) => image)]),
      })),
    ),
    list(
      "Tiny images",
      `Less than ${TINY.height} pixels high or ${TINY.width} wide.`,
      tiny.map((image): Find => {
        const { width, height } = itemAt(images, image);
        return { images: [{ image, note: `${width} × ${height}` }] };
      }),
    ),
    extremes(
      "Least sharp",
      "The lowest variance of the Laplacian, measured at 128 × 64 pixels.",
      (image) => itemAt(images, image).sharpness,
    ),
    extremes("Darkest", "The lowest mean luma, of 255.", (image) => itemAt(images, image).brightness),
    extremes("Brightest", "The highest mean luma, of 255.", (image) => -itemAt(images, image).brightness),
  ];
}

/** Pictures that show each of two people who look alike. */
const OF_A_PERSON = 2;

/** The lists that need a network. */
function networkLists(
  inspection: Inspection,
  list: (title: string, lead: string, finds: readonly Find[]) => FindList,
): FindList[] {
  const { compared, images } = inspection;
  if (compared === undefined) return [];
  const rowsOf = Map.groupBy(images.keys(), (image) => itemAt(images, image).identity);
  const some = (person: number): FoundImage[] =>
    (rowsOf.get(person) ?? []).slice(0, OF_A_PERSON).map((image) => ({ image }));
  return [
    list(
      "Suspected wrong labels",
      "An image, the most similar image of its own person by another camera, and that of the person it is nearer to. The " +
        `margin is the mean cosine to three images of the other person, less that of its own: ${compared.suspectMargin} or ` +
        `more here. ${compared.nearerToOthers.length.toLocaleString("en")} images have a margin above 0.`,
      suspects(inspection).map(({ image, own, other, margin }): Find => ({
        images: [{ image, note: "suspect" }, { image: own, note: "own" }, { image: other, note: "other" }],
        note: `margin ${margin.toFixed(2)}`,
      })),
    ),
    list(
      "People that look like one",
      "Pairs of identities whose images are on average hardly farther from one another than the images of one of them: " +
        "one person under two identities, or two people whom the network cannot tell apart. The ratio is the mean squared " +
        "distance across the pair over that within a person.",
      compared.alike.map(({ first, second, ratio }): Find => ({
        images: [...some(first), ...some(second)],
        note: `ratio ${ratio.toFixed(2)}`,
      })),
    ),
  ];
}
