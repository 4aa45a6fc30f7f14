/** Ranking by a block of distances: what comes after the product in an evaluation. */
import { rankCount, rankNearest, rankPick, topK } from "../../kernels/mod.ts";
import { type BenchRow, row } from "../row.ts";

/** A block of queries against the gallery of Market-1501. */
const SHAPE = { queries: 240, gallery: 15_913 };
const IDENTITIES = 751;
/** Right matches of a query: a usual number of them. */
const MATCHES = 20;
/** Nearest images that a report shows. */
const TOP = 10;
/** Candidates of a long list. */
const MANY = 1000;

/** 240 queries against 15,913 gallery images of 750 identities and distractors. */
export function rankingRows(): BenchRow[] {
  const { queries, gallery } = SHAPE;
  const distances = [queries, gallery];
  const matches = [queries, MATCHES];
  const identities = (count: number) => Array.from({ length: count }, (_, i) => 1 + i % IDENTITIES);
  const columns = Array.from({ length: queries * MATCHES }, (_, i) => (i * 7919) % gallery);
  const operands = {
    distances,
    gallery: { shape: [gallery], values: identities(gallery) },
    query: { shape: [queries], values: identities(queries) },
    thresholds: matches,
    counts: matches,
    columns: { shape: matches, values: columns },
    y: matches,
    nearest: [queries, TOP],
    valid: { shape: [1], values: [gallery] },
  };
  const name = `queries × gallery ${distances.join("×")}`;
  return [
    row(`${name}, ${MATCHES} picked`, rankPick(SHAPE, MATCHES), operands),
    row(`${name}, ${MATCHES} thresholds`, rankCount(SHAPE, MATCHES), operands),
    row(`${name}, ${TOP} nearest`, rankNearest(SHAPE, TOP), operands),
    row(`${name}, top ${TOP}`, topK(SHAPE, TOP), operands),
    row(`${name}, top ${MANY}`, topK(SHAPE, MANY), { ...operands, nearest: [queries, MANY] }),
  ];
}
