/** The run report: one self-contained page. */
import style from "./report.css" with { type: "text" };
import theme from "./theme.css" with { type: "text" };
import { cameraPairTable } from "./camera_pairs.ts";
import { type Html, html, htmlPage, scrollTable } from "./html.ts";
import { cmcPlot, curvePlot, histogramPlot, seriesColor, thinCurve, upperEnd } from "./plots.ts";
import { figure, figures, legend, percent, section } from "./page_parts.ts";
import { type NamedScores, type ReportData, SCORE_COLUMNS, type TrainingCurves } from "./report_data.ts";
import { retrievalHtml } from "./retrieval.ts";
import { VERIFICATION_EXPLAINED, verificationHtml } from "./verification.ts";

const number = (value: number) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const whole = (value: number) => value.toLocaleString("en");

const SCORES_EXPLAINED =
  "Rank-k is the share of queries with a right match among the first k; the curve shows it for every k up to 50. " +
  "mAP comes in two definitions: the plain mean of precisions, and the trapezoid rule of the Market-1501 " +
  "evaluation code, which is lower. mINP tells how far down the last right match is. Where distances tie, wrong " +
  "matches rank first.";

/** What is not ranked for a query. */
const LEFT_OUT: Record<ReportData["protocol"], string> = {
  "Market-1501": "Images of the query's identity by the query's camera are left out.",
  "same-camera": "All images are by one camera; the query image itself is left out.",
};

/** CSS colors of pairs of one identity, and of two. */
const POSITIVE = "var(--positive)", NEGATIVE = "var(--negative)";

const HEADLINES = ["rank-1", "rank-5", "mAP", "mAP (trapezoid)"];

function headlineNumbers(trained: NamedScores, others: readonly NamedScores[]): Html {
  const cards = SCORE_COLUMNS.filter(([name]) => HEADLINES.includes(name)).map(([name, value]) =>
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
  return scrollTable({
    label: "Scores",
    kind: "scores",
    head: SCORE_COLUMNS.map(([title]) => title),
    rows: sets.map((
      { name, scores },
    ) => [name, SCORE_COLUMNS.map(([, value]) => html`<td>${percent(value(scores))}</td>`)]),
  });
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

/** "from 0.31 at the start to 0.05 at the end", by the ends of the thinned curve. */
function ends(step: ArrayLike<number>, values: ArrayLike<number>, format: (value: number) => string): string {
  const points = thinCurve(step, values);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return "not recorded";
  return `from ${format(first.mean)} at the start to ${format(last.mean)} at the end`;
}

function trainingFigures(curves: TrainingCurves): Html {
  const { step, loss, active, positiveDistance, negativeDistance, learningRate, lossScale } = curves;
  const color = seriesColor(0);
  const list = [
    figure(
      "Loss",
      curvePlot("Loss", { label: "loss" }, step, [loss, color]),
      `Mean loss of a batch, ${ends(step, loss, number)}.`,
    ),
    figure(
      "Active triplets",
      curvePlot(
        "Share of active triplets",
        { label: "active", domain: [0, 1], tickFormat: "%" },
        step,
        [active, color],
      ),
      `Share of triplets whose loss is not zero, ${ends(step, active, percent)}.`,
    ),
    figure(
      "Distances of the chosen triplets",
      curvePlot(
        "Mean distance from anchor to positive and to negative",
        { label: "mean distance" },
        step,
        [positiveDistance, POSITIVE],
        [negativeDistance, NEGATIVE],
      ),
      legend(["d(a,p), anchor to positive", POSITIVE], ["d(a,n), anchor to negative", NEGATIVE]),
    ),
    figure(
      "Learning rate",
      curvePlot("Learning rate", { label: "learning rate", tickFormat: "~g" }, step, [learningRate, color]),
      `At most ${number(Array.from(learningRate).reduce((most, rate) => Math.max(most, rate), 0))}.`,
    ),
  ];
  if (lossScale !== undefined) {
    const skipped = Array.from(lossScale.skippedSteps).at(-1) ?? 0;
    list.push(figure(
      "Loss scale",
      curvePlot("Loss scale", { label: "loss scale", tickFormat: "~s" }, step, [lossScale.scale, color]),
      `The factor of the loss with which its gradients fit f16. The gradients of ${whole(skipped)} of ` +
        `${whole(step.length)} steps did not fit: those steps changed no weight.`,
    ));
  }
  return figures(...list);
}

function distanceFigures({ distances: histograms, verified: { thresholds } }: ReportData): Html {
  const upper = Math.max(...histograms.map(upperEnd));
  const key = legend(["pairs of one identity", POSITIVE], ["pairs of two identities", NEGATIVE]);
  const kept = thresholds?.rates ?? [];
  const rates = kept.map(({ wanted }) => wanted.toExponential()).reverse().join(", ");
  const marks =
    html`${key}Dashed, from left to right: the thresholds chosen for false-accept rates ${rates}.`;
  return figures(...histograms.map((histogram, i) => {
    const isTrained = i === histograms.length - 1 && kept.length > 0;
    const at = isTrained ? kept.map(({ measured }) => measured.distance) : [];
    return figure(histogram.name, histogramPlot(histogram, upper, at), isTrained ? marks : key);
  }));
}

function cameraPairFigures({ cameraPairs: pairs, names }: ReportData): Html {
  return figures(
    figure("Rank-1", cameraPairTable(pairs, "Rank-1 by camera", ({ rank1 }) => rank1, names), ""),
    figure("mAP", cameraPairTable(pairs, "mAP by camera", ({ mAP }) => mAP, names), ""),
  );
}

function settingsTable(settings: ReportData["settings"]): Html {
  return scrollTable({
    label: "Settings",
    kind: "settings",
    rows: Object.entries(settings).map(([name, value]) => [name, [html`<td>${String(value)}</td>`]]),
  });
}

/**
 * Draws a run's report.
 *
 * @param data what happened in the run; the first of its scores is the trained network's.
 * @returns the text of a self-contained HTML page.
 * @throws {RangeError} if there are no scores.
 */
export function renderReport(data: ReportData): string {
  const [trained] = data.scores;
  if (trained === undefined) throw new RangeError("Cannot draw a report without scores");
  const body = [
    html`
      <header><h1>${data.title}</h1>
      <p>${ignoredSentence(trained)}</p>
      ${data.notes.map((note) => html`<p class="note">${note}</p>`)}</header>
    `,
    headlineNumbers(trained, data.scores.slice(1)),
  ];
  if (data.retrieval.length > 0) {
    body.push(section(
      "Ranked retrieval",
      "Each row begins with a query, followed by its nearest gallery images with their distances. Green frames with ✓ " +
        `are right, red ones with ✗ are wrong. ${LEFT_OUT[data.protocol]}`,
      retrievalHtml(data),
    ));
  }
  const series = data.scores.map(({ name }, i): [string, string] => [name, seriesColor(i)]);
  const cmc = figure("Cumulative matching characteristic", cmcPlot(data.scores), legend(...series));
  const scores = figures(cmc, html`<p>${SCORES_EXPLAINED}</p>`);
  body.push(section("Scores", "", scoreTable(data.scores), scores));
  if (data.cameraPairs.length > 0) {
    body.push(section(
      "Camera pairs",
      "Scores of the trained network in per cent: queries of the row's camera, ranked among the gallery images of the " +
        "column's camera only.",
      cameraPairFigures(data),
    ));
  }
  if (data.verified.verification.length > 0) {
    body.push(section("Same or different", VERIFICATION_EXPLAINED, verificationHtml(data.verified)));
  }
  if (data.curves.step.length > 0) {
    const lead = "Lines are means over neighboring steps; bands show the lowest and the highest of them.";
    body.push(section("Training", lead, trainingFigures(data.curves)));
  }
  if (data.distances.length > 0) {
    body.push(section(
      "Distances between embeddings",
      "The less the two overlap, the better the ranking. Shares are of the pairs of each kind.",
      distanceFigures(data),
    ));
  }
  body.push(section("Settings", "", settingsTable(data.settings)));
  return htmlPage(data.title, theme + style, html`<main>${body}</main>`);
}
