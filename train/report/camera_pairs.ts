/** Scores by pair of cameras as heat maps: tables in which a better score has a darker cell. */
import { cameraLabel, type ReidDataset } from "../../data/dataset.ts";
import { cameraPairGrid, type CameraPairScores } from "../../eval/camera_pairs.ts";
import { type Html, html, scrollTable } from "./html.ts";

/** Opacity of a cell's color at a score of 1, in per cent; text must stay readable on it. */
const STRONGEST = 60;

function cell(pair: CameraPairScores | undefined, value: (pair: CameraPairScores) => number): Html {
  if (pair === undefined) return html`<td>–</td>`;
  const score = value(pair);
  const strength = (STRONGEST * score).toFixed(0);
  return html`
    <td style="background:color-mix(in srgb,var(--positive) ${strength}%,transparent)"
      title="${pair.queries} queries">${(100 * score).toFixed(1)}</td>
  `;
}

/** One score in per cent: a row for each camera of the queries, a column for each camera of the gallery. */
export function cameraPairTable(
  pairs: readonly CameraPairScores[],
  label: string,
  value: (pair: CameraPairScores) => number,
  names: ReidDataset["names"],
): Html {
  const { queries, galleries, at } = cameraPairGrid(pairs);
  return scrollTable({
    label,
    kind: "heat",
    head: galleries.map((camera) => cameraLabel(names, camera)),
    rows: queries.map((
      row,
    ) => [cameraLabel(names, row), galleries.map((column) => cell(at(row, column), value))]),
  });
}
