/** The run report: one self-contained page, without scripts and without anything fetched. */
import style from "./report.css" with { type: "text" };
import theme from "./theme.css" with { type: "text" };
import { cameraPairTable } from "./camera_pairs.ts";
import { type Html, html, htmlPage } from "./html.ts";
import {
  activePlot,
  cmcPlot,
  distancePlot,
  histogramPlot,
  learningRatePlot,
  lossPlot,
  lossScalePlot,
  seriesColor,
  thinCurve,
  upperEnd,
} from "./plots.ts";
import type { NamedScores, ReportData, TrainingCurves } from "./report_data.ts";
import { retrievalHtml } from "./retrieval.ts";

const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
const number = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const whole = (value: number) => value.toLocaleString("en");

/** The columns of the table of scores. */
const COLUMNS: [string, (scores: NamedScores["scores"]) => number][] = [
  ["rank-1", ({ rank }) => rank[1]],
  ["rank-5", ({ rank }) => rank[5]],
  ["rank-10", ({ rank }) => rank[10]],
  ["rank-20", ({ rank }) => rank[20]],
  ["mAP", ({ mAP }) => mAP],
  ["mAP (trapezoid)", ({ mAPTrapezoid }) => mAPTrapezoid],
  ["mINP", ({ mINP }) => mINP],
];

const SCORES_EXPLAINED =
  "Rank-k is the share of queries with a right match among the first k; the curve shows it for every k up to 50. " +
  "mAP comes in two definitions: the plain mean of precisions, and the trapezoid rule of the Market-1501 " +
  "evaluation code, which is lower. mINP tells how far down the last right match is. Where distances tie, wrong " +
  "matches rank first.";

const HEADLINES = ["rank-1", "rank-5", "mAP", "mAP (trapezoid)"];

function headlineNumbers([trained, ...others]: readonly NamedScores[]): Html | "" {
  if (trained === undefined) return "";
  const cards = COLUMNS.filter(([name]) => HEADLINES.includes(name)).map(([name, value]) =>
    html`
      <div class="card"><dt>${name}</dt><dd>${percent(value(trained.scores))}</dd>${others.map((other) =>
        html`<dd class="other">${other.name} ${percent(value(other.scores))}</dd>`
      )}</div>
    `
  );
  return html`
    <dl class="cards">
    ${cards}</dl>
  `;
}

function scoreTable(sets: readonly NamedScores[]): Html {
  const head = COLUMNS.map(([name]) => html`<th scope="col">${name}</th>`);
  const rows = sets.map(({ name, scores }) =>
    html`
      <tr><th scope="row">${name}</th>${COLUMNS.map(([, value]) =>
        html`<td>${percent(value(scores))}</td>`
      )}</tr>
    `
  );
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Scores">
      <table>
        <thead>
          <tr><td></td>${head}</tr>
        </thead>
        <tbody>
    ${rows}</tbody>
      </table>
    </div>
  `;
}

function ignoredSentence({ scores }: NamedScores): string {
  const sentences = [
    `${whole(scores.queries)} queries were ranked against ${whole(scores.gallery)} gallery images, ` +
    `${whole(scores.distractors)} of them distractors.`,
  ];
  if (scores.queriesWithoutMatch > 0) {
    sentences.push(`${whole(scores.queriesWithoutMatch)} queries without a right match were left out.`);
  }
  if (scores.junk > 0) sentences.push(`${whole(scores.junk)} junk images were left out of the gallery.`);
  return sentences.join(" ");
}

function legend(...entries: [name: string, color: string][]): Html {
  const items = entries.map(([name, color]) => html`<span><i style="background:${color}"></i>${name}</span>`);
  return html`<div class="legend">${items}</div>`;
}

function figure(title: string, plot: Html, caption: string | Html): Html {
  return html`
    <figure><h3>${title}</h3>${plot}<figcaption>${caption}</figcaption></figure>
  `;
}

/** "from 0.31 at the start to 0.05 at the end", by the ends of the thinned curve. */
function ends(step: ArrayLike<number>, values: ArrayLike<number>, format: (value: number) => string): string {
  const points = thinCurve(step, values);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return "not recorded";
  return `from ${format(first.mean)} at the start to ${format(last.mean)} at the end`;
}

function lossScaleFigure({ step, lossScale }: TrainingCurves): Html | "" {
  if (lossScale === undefined) return "";
  const skipped = Array.from(lossScale.skippedSteps).at(-1) ?? 0;
  return figure(
    "Loss scale",
    lossScalePlot(step, lossScale.scale),
    `What the loss was multiplied by, so that its gradients fit f16. Gradients of ${whole(skipped)} of ` +
      `${whole(step.length)} steps did not: those steps changed no weight.`,
  );
}

function trainingFigures(curves: TrainingCurves): Html {
  const { step } = curves;
  const pair = legend(["d(a,p), anchor to positive", "var(--positive)"], [
    "d(a,n), anchor to negative",
    "var(--negative)",
  ]);
  return html`
    <div class="figures">
    ${figure("Loss", lossPlot(curves), `Mean loss of a batch, ${ends(step, curves.loss, number)}.`)}${figure(
      "Active triplets",
      activePlot(curves),
      `Share of triplets whose loss is not zero, ${ends(step, curves.active, percent)}.`,
    )}${figure("Distances of the chosen triplets", distancePlot(curves), pair)}${figure(
      "Learning rate",
      learningRatePlot(curves),
      `At most ${number(Array.from(curves.learningRate).reduce((most, rate) => Math.max(most, rate), 0))}.`,
    )}${lossScaleFigure(curves)}</div>
  `;
}

function distanceFigures(histograms: ReportData["distances"]): Html {
  const upper = Math.max(...histograms.map(upperEnd));
  const key = legend(["pairs of one identity", "var(--positive)"], [
    "pairs of two identities",
    "var(--negative)",
  ]);
  return html`
    <div class="figures">
    ${histograms.map((histogram) => figure(histogram.name, histogramPlot(histogram, upper), key))}</div>
  `;
}

function cameraPairFigures(pairs: ReportData["cameraPairs"]): Html {
  return html`
    <div class="figures">
    ${figure("Rank-1", cameraPairTable(pairs, "Rank-1 by camera", ({ rank1 }) => rank1), "")}${figure(
      "mAP",
      cameraPairTable(pairs, "mAP by camera", ({ mAP }) => mAP),
      "",
    )}</div>
  `;
}

function settingsTable(settings: ReportData["settings"]): Html {
  const rows = Object.entries(settings).map(([name, value]) =>
    html`
      <tr>
        <th scope="row">${name}</th>
        <td>${String(value)}</td>
      </tr>
    `
  );
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Settings">
      <table class="settings">
        <tbody>
    ${rows}</tbody>
      </table>
    </div>
  `;
}

function section(heading: string, lead: string, ...content: Html[]): Html {
  const first = lead === "" ? "" : html`
    <p>${lead}</p>
  `;
  return html`
    <section><h2>${heading}</h2>
    ${first}${content}</section>
  `;
}

/**
 * Draws a run's report.
 *
 * @param data what happened in the run; the first of its scores is the trained network's.
 * @returns the text of an HTML page that needs nothing besides itself.
 * @throws {RangeError} if there are no scores.
 */
export function renderReport(data: ReportData): string {
  const [trained] = data.scores;
  if (trained === undefined) throw new RangeError("Cannot draw a report without scores");
  const notes = data.notes.map((note) =>
    html`
      <p class="note">${note}</p>
    `
  );
  const body = [
    html`
      <header><h1>${data.title}</h1>
      <p>${ignoredSentence(trained)}</p>
      ${notes}</header>
    `,
    headlineNumbers(data.scores),
  ];
  if (data.retrieval.length > 0) {
    body.push(section(
      "Ranked retrieval",
      "A query stands at the head of each row, its nearest gallery images follow with their distances. " +
        "Green frames with ✓ are right, red ones with ✗ are wrong; the query's own identity in its own " +
        "camera is left out.",
      retrievalHtml(data.retrieval),
    ));
  }
  const series = data.scores.map(({ name }, i): [string, string] => [name, seriesColor(i)]);
  body.push(section(
    "Scores",
    "",
    scoreTable(data.scores),
    html`
      <div class="figures">
      ${figure(
        "Cumulative matching characteristic",
        cmcPlot(data.scores),
        legend(...series),
      )}<p>${SCORES_EXPLAINED}</p>
      </div>
    `,
  ));
  if (data.cameraPairs.length > 0) {
    body.push(section(
      "Camera pairs",
      "Scores of the trained network, in per cent: queries of the row's camera, ranked among the gallery images of " +
        "the column's camera alone.",
      cameraPairFigures(data.cameraPairs),
    ));
  }
  if (data.curves.step.length > 0) {
    body.push(
      section(
        "Training",
        "Lines are means over neighboring steps, bands their extent.",
        trainingFigures(data.curves),
      ),
    );
  }
  if (data.distances.length > 0) {
    body.push(section(
      "Distances between embeddings",
      "The less the two overlap, the better the ranking. Each is a share of its own pairs.",
      distanceFigures(data.distances),
    ));
  }
  body.push(section("Settings", "", settingsTable(data.settings)));
  return htmlPage(data.title, theme + style, html`<main>${body}</main>`);
}
