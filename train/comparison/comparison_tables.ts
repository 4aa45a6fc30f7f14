/** The tables of a comparison, as rows of cells: the terminal, Markdown and the page show the same. */
import type { Comparison } from "./comparison.ts";
import { dataTitle, markOf, scoresOf } from "./comparison.ts";

/** A table: the titles of the columns after the first, and rows that begin with a heading. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly [heading: string, ...cells: string[]])[];
}

const percent = (share: number) => (100 * share).toFixed(1);

/** Points of mAP with their sign. */
export function points(share: number): string {
  const text = percent(Math.abs(share));
  return text === "0.0" ? text : `${share < 0 ? "−" : "+"}${text}`;
}

/** Bytes in MB of a million. */
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** The networks, the matrix, and the differences between networks where there are two. */
export function comparisonTables(comparison: Comparison): Table[] {
  const { networks, datasets, pairs } = comparison;
  const sizes: Table = {
    title: "Networks",
    head: ["image", "embedding", "parameters", "MB", "ms an image", "steps"],
    rows: networks.map((network) => [
      network.name,
      `${network.imageHeight} × ${network.imageWidth}`,
      network.embeddingSize.toLocaleString("en"),
      network.parameters.toLocaleString("en"),
      megabytes(network.bytes),
      (1000 * network.secondsPerImage).toFixed(2),
      network.step.toLocaleString("en"),
    ]),
  };
  const matrix: Table = {
    title: "Scores in per cent",
    head: datasets.flatMap((data) => [`${dataTitle(comparison, data)}: rank-1`, "mAP", "trapezoid"]),
    rows: networks.map(({ name }) => [
      name,
      ...datasets.flatMap((data) => {
        const result = scoresOf(comparison, name, data);
        const { rank, mAP, mAPTrapezoid } = result.scores;
        return [percent(rank[1]) + markOf(result), percent(mAP), percent(mAPTrapezoid)];
      }),
    ]),
  };
  const differences: Table = {
    title: "Differences of mAP in points",
    head: ["first", "second", "difference", "95 % interval", "real"],
    rows: pairs.map(({ data, first, second, difference, isReal }) => [
      dataTitle(comparison, data),
      first,
      second,
      points(difference.value),
      `${points(difference.low)} to ${points(difference.high)}`,
      isReal ? "yes" : "no",
    ]),
  };
  return pairs.length === 0 ? [sizes, matrix] : [sizes, matrix, differences];
}

/** What readers of the tables must know. */
export function tableNotes({ adapter, testFlip, pairs, scores, seed }: Comparison): string[] {
  return [
    `Time: the median of full batches on ${adapter}, from pixels to embeddings, without decoding. MB: weights and ` +
    "running statistics in f32.",
    ...(testFlip ? ["Embeddings are averaged over mirror images, which takes twice the time."] : []),
    ...(pairs.length === 0 ? [] : [
      "Differences: first minus second on the same queries. The interval is that of a paired bootstrap over people " +
      `(1,000 samples, seed ${seed}); a difference is real where it does not contain 0. Of many pairs, one in twenty ` +
      "without a difference is called real by chance.",
    ]),
    ...(scores.some(({ protocol }) => protocol === "same-camera")
      ? [
        "Datasets marked same-camera are by one camera and scored by the same-camera protocol, which is easier than " +
        "that across cameras.",
      ]
      : []),
  ];
}
