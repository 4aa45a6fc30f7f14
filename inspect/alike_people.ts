/** Pairs of people that a network cannot tell apart: they may be one person under two identities. */
import type { Device } from "../engine/mod.ts";
import { itemAt } from "../engine/item_at.ts";
import { type EmbeddedPeople, rowsOfPeople } from "./embeddings.ts";
import { nearestOthers } from "./nearest_others.ts";

/** People with the nearest mean embeddings, among which those that look alike are looked for. */
const NEAREST = 16;

/** Two people who look like one, by their identities. */
export interface AlikePeople {
  readonly first: number;
  readonly second: number;
  /** Mean squared distance of an image of the one and an image of the other, over that of two images of the same. */
  readonly ratio: number;
}

/** The mean of a person's embeddings. */
interface MeanOfPerson {
  readonly identity: number;
  /** Mean cosine of two of the images; undefined where there is only one. */
  readonly own: number | undefined;
}

/** The largest ratio of two people who look like one. Two random halves of one person have ratios on both sides of 1. */
const LARGEST_RATIO = 1.1;

/** A squared distance smaller than this is rounding. */
const LEAST_DISTANCE = 1e-6;

/**
 * Pairs of people whose images are on average hardly farther from one another than those of one of them are: the mean
 * squared distance across the pair is at most 1.1 times the mean of the two people's own. The smallest ratio comes
 * first. For a person with one image, the median of all people stands for the own distance.
 */
export async function alikePeople(device: Device, people: EmbeddedPeople): Promise<AlikePeople[]> {
  const { means, values } = meansOf(people);
  if (means.length < 2) return [];
  const known = means.flatMap(({ own }) => own ?? []).sort((a, b) => a - b);
  const typical = known[Math.floor(known.length / 2)] ?? 1;
  const own = (row: number) => itemAt(means, row).own ?? typical;
  const { size } = people;
  const found = new Map<string, AlikePeople>();
  for await (const { row, nearest } of nearestOthers(device, { values, size }, NEAREST)) {
    for (const { position } of nearest) {
      const [a, b] = [Math.min(row, position), Math.max(row, position)];
      let across = 0; // The mean of all cosines across the pair is the product of the two means.
      for (let c = 0; c < size; c++) across += values[a * size + c]! * values[b * size + c]!;
      const ratio = (1 - across) / Math.max(LEAST_DISTANCE, 1 - (own(a) + own(b)) / 2);
      if (ratio > LARGEST_RATIO) continue;
      found.set(`${a} ${b}`, { first: itemAt(means, a).identity, second: itemAt(means, b).identity, ratio });
    }
  }
  return [...found.values()].sort((a, b) => a.ratio - b.ratio || a.first - b.first || a.second - b.second);
}

function meansOf(people: EmbeddedPeople): { means: MeanOfPerson[]; values: Float32Array } {
  const { size } = people;
  const rows = [...rowsOfPeople(people)].sort(([a], [b]) => a - b);
  const values = new Float32Array(rows.length * size);
  const means = rows.map(([identity, own], person): MeanOfPerson => {
    const sum = new Float64Array(size);
    for (const row of own) for (let c = 0; c < size; c++) sum[c]! += people.values[row * size + c]!;
    const count = own.length;
    values.set(sum.map((value) => value / count), person * size);
    // |Σx|² is the sum of the cosines of all ordered pairs, with each image's cosine with itself, which is 1.
    const all = sum.reduce((total, value) => total + value * value, 0);
    return { identity, own: count > 1 ? (all - count) / (count * (count - 1)) : undefined };
  });
  return { means, values };
}
