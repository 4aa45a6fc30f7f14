/** The ablation's plots: a dot for each seed, a tick at the mean, and a line through all rows at the base's mean. */
import * as Plot from "@observablehq/plot";
import { keysOf } from "../../model/settings.ts";
import { Html, html, htmlPage } from "../report/html.ts";
import { svgPlot } from "../report/svg.ts";
import type { RowSummary } from "./summary.ts";

const COLORS = { "seen cameras": "#2563a8", "unseen cameras": "#c2571a" } as const;

/** One score of all rows on each group of cameras, as a self-contained SVG file. */
export function ablationPlot(rows: readonly RowSummary[], score: "mAP" | "rank1"): string {
  const points = rows.flatMap(({ name, groups }) =>
    [...groups].flatMap(([group, summary]) => summary[score].values.map((value) => ({ name, group, value })))
  );
  const means = rows.flatMap(({ name, groups }) =>
    [...groups].map(([group, summary]) => ({ name, group, value: summary[score].mean }))
  );
  const base = means.filter(({ name }) => name === rows[0]?.name);
  const present = keysOf(COLORS).filter((name) => means.some(({ group }) => group === name));
  const title = score === "mAP" ? "mAP" : "rank-1";
  return svgPlot(`${title} of every setting, one dot for each seed`, {
    width: 760,
    height: 70 + 26 * rows.length,
    marginLeft: 210,
    marginTop: 34,
    marginRight: 20,
    style: { fontSize: "13px", background: "white", color: "#222" },
    x: { label: `${title} →`, tickFormat: "%", grid: true, nice: true },
    y: { label: null, domain: rows.map(({ name }) => name), type: "band" },
    color: { domain: present, range: present.map((name) => COLORS[name]) },
    marks: [
      Plot.ruleX(base, { x: "value", stroke: "group", strokeDasharray: "3,4", strokeOpacity: 0.7 }),
      Plot.dot(points, { x: "value", y: "name", stroke: "group", r: 3.5, strokeOpacity: 0.8 }),
      Plot.tickX(means, {
        x: "value",
        y: "name",
        stroke: "group",
        strokeWidth: 2.5,
        insetTop: 3,
        insetBottom: 3,
      }),
      ...present.map((group, i) =>
        Plot.text([group], {
          frameAnchor: "top-right",
          dy: -26,
          dx: -130 * (present.length - 1 - i),
          fill: COLORS[group],
        })
      ),
    ],
  });
}

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
  svg { max-width: 100%; height: auto }
`;

/** A page with the plots, which needs nothing besides itself. */
export function ablationPage(title: string, lead: string, plots: readonly string[]): string {
  return htmlPage(title, STYLE, html`<h1>${title}</h1><p>${lead}</p>${plots.map((plot) => new Html(plot))}`);
}
