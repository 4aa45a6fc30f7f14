/** Scores by pair of cameras as tables for the terminal. */
import { cameraLabel, type ReidDataset } from "../data/dataset.ts";
import { cameraPairGrid, type CameraPairScores } from "../eval/camera_pairs.ts";
import { printable } from "./command.ts";

/** Rank-1 and mAP in per cent: queries of the row's camera among the gallery images of the column's. */
export function cameraPairTables(pairs: readonly CameraPairScores[], names: ReidDataset["names"]): string {
  const { queries, galleries, at } = cameraPairGrid(pairs);
  const label = (camera: number) => printable(cameraLabel(names, camera));
  const width = 2 + Math.max(6, ...[...queries, ...galleries].map((camera) => label(camera).length));
  const table = (title: string, value: (pair: CameraPairScores) => number) => {
    const head = title.padEnd(width) + galleries.map((camera) => label(camera).padStart(width)).join("");
    const lines = queries.map((row) => {
      const cells = galleries.map((column) => {
        const pair = at(row, column);
        return (pair === undefined ? "–" : `${(100 * value(pair)).toFixed(1)} %`).padStart(width);
      });
      return `  ${label(row)}`.padEnd(width) + cells.join("");
    });
    return [head, ...lines].join("\n");
  };
  return [
    "By camera: queries of the row's, ranked among the gallery images of the column's alone",
    table("rank-1", ({ rank1 }) => rank1),
    table("mAP", ({ mAP }) => mAP),
  ].join("\n");
}
