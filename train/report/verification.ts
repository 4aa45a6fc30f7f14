/** Verification in the report: the ROC curve, and rates with their intervals. */
import type { Estimate } from "../../eval/verification/resampled_people.ts";
import type { Verified } from "../../eval/verification/verify_network.ts";
import { figure, figures, legend } from "./page_parts.ts";
import { type Html, html, scrollTable } from "./html.ts";
import { rocPlot, seriesColor } from "./plots.ts";

/** What the section shows. */
export const VERIFICATION_EXPLAINED =
  "Two images count as one person where their distance is at most a threshold. False accepts are pairs of two people " +
  "that do, true accepts pairs of one person. In brackets: 95 % intervals, by resampling people.";

const whole = (value: number) => value.toLocaleString("en");

function cell({ value, low, high }: Estimate, percent = (share: number) => (100 * share).toFixed(1)): Html {
  return html`<td>${percent(value)}\u00a0% [${percent(low)},\u00a0${percent(high)}]</td>`;
}

/** The section's curve and tables. */
export function verificationHtml({ verification: kinds, thresholds }: Verified): Html {
  const rates = [...new Set(kinds.flatMap(({ points }) => points.map(({ rate }) => rate)))];
  const table = scrollTable({
    label: "Rates of thresholds on the distance",
    kind: "scores",
    head: kinds.map(({ pairs }) => `${pairs} pairs`),
    rows: [
      ["pairs of one person", kinds.map(({ positives }) => html`<td>${whole(positives)}</td>`)],
      ["pairs of two people", kinds.map(({ negatives }) => html`<td>${whole(negatives)}</td>`)],
      ["area under the curve", kinds.map(({ auc }) => cell(auc))],
      ["equal error rate", kinds.map(({ eer }) => cell(eer))],
      ...rates.map((rate): [string, Html[]] => [
        `true accepts at false-accept rate ${rate.toExponential()}`,
        kinds.map(({ points }) => {
          const point = points.find((each) => each.rate === rate);
          return point === undefined ? html`<td title="too few pairs">–</td>` : cell(point.trueAccept);
        }),
      ]),
    ],
  });
  const names = kinds.map(({ pairs }, i): [string, string] => [`${pairs} pairs`, seriesColor(i)]);
  const roc = figure("Receiver operating characteristic", rocPlot(kinds), legend(...names));
  return html`${table}${thresholds ? keptTable(thresholds) : ""}${figures(roc)}`;
}

function keptTable({ people, pairs, rates }: NonNullable<Verified["thresholds"]>): Html {
  const rare = (share: number) => String(Number((100 * share).toPrecision(2)));
  const table = scrollTable({
    label: "The network's thresholds",
    kind: "scores",
    head: ["distance", "false accepts", "expected", "true accepts"],
    rows: rates.map(({ wanted, expected: [low, high], measured: { distance, falseAccept, trueAccept } }) => [
      `chosen for false-accept rate ${wanted.toExponential()}`,
      [
        html`<td>${distance.toFixed(4)}</td>`,
        cell(falseAccept, rare),
        html`<td>${rare(low)} to ${rare(high)}\u00a0%</td>`,
        cell(trueAccept),
      ],
    ]),
  });
  return html`
    <p>The network keeps these thresholds. They were chosen on ${people} people held out of training, and are
    measured here on the ${pairs} pairs of the test.</p>${table}
  `;
}
