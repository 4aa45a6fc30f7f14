/** A comparison as a page, with a plot of mAP against the time of an image. */
import * as Plot from "@observablehq/plot";
import { type Html, html, htmlPage, scrollTable } from "../report/html.ts";
import { figure, legend, section } from "../report/page_parts.ts";
import { pagePlot, seriesColor } from "../report/plots.ts";
import reportStyle from "../report/report.css" with { type: "text" };
import theme from "../report/theme.css" with { type: "text" };
import { type Comparison, dataTitle, markNotes, scoresOf } from "./comparison.ts";
import { comparisonTables, type Table, tableNotes } from "./comparison_tables.ts";

const tableSection = ({ title, head, rows }: Table): Html =>
  section(
    title,
    "",
    scrollTable({
      label: title,
      kind: "scores",
      head,
      rows: rows.map(([heading, ...cells]) => [heading, cells.map((cell) => html`<td>${cell}</td>`)]),
    }),
  );

/** The least distance of two names in the plot, as a share of the axis. */
const NAME_SPACING = 0.045;

/** Characters of a name in the plot. */
const NAME_LENGTH = 15;

/** Values moved up so that neighbors are at least `spacing` apart; they must be ascending. */
export function spreadOut(values: readonly number[], spacing: number): number[] {
  let last = -Infinity;
  return values.map((value) => last = Math.max(value, last + spacing));
}

/** mAP against milliseconds an image: a point for each network, a line for each dataset. */
function latencyPlot(comparison: Comparison): Html {
  const { datasets } = comparison;
  const networks = comparison.networks.toSorted((a, b) => a.secondsPerImage - b.secondsPerImage);
  const times = networks.map(({ secondsPerImage }) => 1000 * secondsPerImage);
  const right = 1.1 * Math.max(...times);
  const nameAt = spreadOut(times, NAME_SPACING * right);
  const names = networks.map(({ name }, i) => ({
    x: nameAt[i],
    name: name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name,
  }));
  const points = datasets.map((data) =>
    networks.map(({ name }, i) => ({ ms: times[i], mAP: scoresOf(comparison, name, data).scores.mAP }))
  );
  const plot = pagePlot("mAP against milliseconds an image, a line for each dataset", {
    height: 340,
    marginTop: 110,
    x: { label: "ms an image", domain: [0, right], ticks: 6 },
    y: { label: "mAP", domain: [0, 1], grid: true, ticks: 5, tickFormat: "%" },
    marks: [
      Plot.ruleX(times, { stroke: "var(--line)" }),
      ...points.flatMap((list, i) => [
        Plot.lineY(list, { x: "ms", y: "mAP", stroke: seriesColor(i), strokeOpacity: 0.4 }),
        Plot.dot(list, { x: "ms", y: "mAP", fill: seriesColor(i), r: 4 }),
      ]),
      Plot.text(names, {
        x: "x",
        text: "name",
        frameAnchor: "top",
        rotate: -60,
        textAnchor: "start",
        dy: -8,
      }),
    ],
  });
  const series = datasets.map((data, i): [string, string] => [dataTitle(comparison, data), seriesColor(i)]);
  return figure("mAP against time", plot, legend(...series));
}

/** The text of the page, which needs nothing besides itself. */
export function comparisonPage(comparison: Comparison): string {
  const { networks, datasets } = comparison;
  const counted = (list: readonly unknown[], noun: string) =>
    `${list.length} ${noun}${list.length === 1 ? "" : "s"}`;
  const title = `Comparison of ${counted(networks, "network")} on ${counted(datasets, "dataset")}`;
  const [sizes, matrix, ...differences] = comparisonTables(comparison).map(tableSection);
  const notes = (list: readonly string[]) => list.map((note) => html`<p>${note}</p>`);
  const body = html`
    <main><header><h1>${title}</h1></header>
    ${matrix === undefined ? "" : matrix}${notes(markNotes(comparison))}
    <section class="figures">${latencyPlot(comparison)}</section>
    ${sizes === undefined ? "" : sizes}${differences}
    ${notes(tableNotes(comparison))}</main>
  `;
  return htmlPage(title, theme + reportStyle, body);
}
