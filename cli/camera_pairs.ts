/** Scores by pair of cameras as tables for the terminal. */
import { cameraPairGrid, type CameraPairScores } from "../eval/camera_pairs.ts";

/** Rank-1 and mAP in per cent: queries of the row's camera among the gallery images of the column's. */
export function cameraPairTables(pairs: readonly CameraPairScores[]): string {
  const { queries, galleries, at } = cameraPairGrid(pairs);
  const table = (title: string, value: (pair: CameraPairScores) => number) => {
    const head = `${title.padEnd(8)}${galleries.map((camera) => `c${camera}`.padStart(8)).join("")}`;
    const lines = queries.map((row) => {
      const cells = galleries.map((column) => {
        const pair = at(row, column);
        return (pair === undefined ? "–" : `${(100 * value(pair)).toFixed(1)} %`).padStart(8);
      });
      return `  c${row}`.padEnd(8) + cells.join("");
    });
    return [head, ...lines].join("\n");
  };
  return [
    "By camera: queries of the row's, ranked among the gallery images of the column's alone",
    table("rank-1", ({ rank1 }) => rank1),
    table("mAP", ({ mAP }) => mAP),
  ].join("\n");
}
