/** Ranking written as literally as the protocol reads, by sorting whole rows: what the fast one must equal. */
import type { ImageLabels } from "../../eval/ranking.ts";

/** The gallery images left after removal, sorted, wrong ones first where distances tie: true where right. */
export function literalOrder(row: Float32Array, gallery: ImageLabels, identity: number, camera: number) {
  const valid = [...row.keys()].filter((j) =>
    gallery.identity[j] !== -1 && !(gallery.identity[j] === identity && gallery.camera[j] === camera)
  );
  const right = (j: number) => Number(gallery.identity[j] === identity);
  return valid.sort((a, b) => row[a] - row[b] || right(a) - right(b) || a - b);
}

/** The scores of one query, or undefined where nothing in the gallery is right. */
export function literalScores(row: Float32Array, gallery: ImageLabels, identity: number, camera: number) {
  const order = literalOrder(row, gallery, identity, camera).map((j) => gallery.identity[j] === identity);
  const total = order.filter(Boolean).length;
  if (total === 0) return undefined;
  let found = 0, plain = 0, trapezoid = 0, oldPrecision = 1, oldRecall = 0, last = 0;
  for (const [place, right] of order.entries()) {
    if (right) found++;
    // The dataset's own code: the area of each step of the precision-recall curve, by the trapezoid rule.
    const recall = found / total, precision = found / (place + 1);
    trapezoid += (recall - oldRecall) * (oldPrecision + precision) / 2;
    oldRecall = recall;
    oldPrecision = precision;
    if (right) {
      plain += precision / total;
      last = place;
    }
  }
  return { first: order.indexOf(true), plain, trapezoid, inversePenalty: total / (last + 1) };
}
