/** The files that one would remove from a dataset, with reasons. */
import { itemAt } from "../engine/item_at.ts";
import { type Inspection, ofTwoPeople, suspects } from "./inspection.ts";
import { personName } from "./read_images.ts";

/** A file to remove. */
export interface Removal {
  readonly path: string;
  /** The first word is the kind: broken, tiny, conflict, label, duplicate, near. */
  readonly reason: string;
}

/**
 * The files to remove, each once, for its first reason: broken files, tiny images, all copies of a picture that is there
 * under two people, since nothing says which of them is right, images that a network suspects, and of other copies all
 * but the first.
 */
export function removals(inspection: Inspection): Removal[] {
  const { dataset, images, broken, tiny, duplicates: { equal, near, nearOfTwoPeople } } = inspection;
  const reasons = new Map<string, string>(broken.map(({ path, reason }) => [path, `broken: ${reason}`]));
  const add = (image: number, reason: string) => {
    const { path } = itemAt(images, image);
    if (!reasons.has(path)) reasons.set(path, reason);
  };
  const name = (image: number) => {
    const { path, identity } = itemAt(images, image);
    return `${path} of ${personName(dataset, identity)}`;
  };
  for (const image of tiny) {
    const { width, height } = itemAt(images, image);
    add(image, `tiny: ${width} x ${height} pixels`);
  }
  for (const group of equal.filter((group) => ofTwoPeople(inspection, group))) {
    for (const image of group) {
      const other = group.find((one) => ofTwoPeople(inspection, [one, image])) ?? image;
      add(image, `conflict: the same picture as ${name(other)}`);
    }
  }
  for (const { first, second, levels } of nearOfTwoPeople) {
    for (const [one, other] of [[first, second], [second, first]] as const) {
      add(one, `conflict: nearly the same picture as ${name(other)}, ${levels.toFixed(1)} levels apart`);
    }
  }
  for (const { image, other, margin } of suspects(inspection)) {
    add(image, `label: nearer to ${name(other)} by ${margin.toFixed(2)}`);
  }
  for (const [first = 0, ...copies] of equal) {
    for (const copy of copies) add(copy, `duplicate: the same picture as ${itemAt(images, first).path}`);
  }
  for (const { kept, others } of near) {
    for (const { image, levels } of others) {
      add(image, `near: ${levels.toFixed(1)} levels from ${itemAt(images, kept).path}`);
    }
  }
  return Array.from(reasons, ([path, reason]) => ({ path, reason }));
}

/** The list as text: path, tab, reason on every line. Control characters in names would break lines: they are replaced. */
export function removalList(list: readonly Removal[]): string {
  // deno-lint-ignore no-control-regex
  const plain = (text: string) => text.replace(/[\u0000-\u001f\u007f]/g, "\ufffd");
  return list.map(({ path, reason }) => `${plain(path)}\t${plain(reason)}\n`).join("");
}
