import assert from "node:assert/strict";
import { Image } from "imagescript";
import { parseHTML } from "linkedom";
import type { ImageCells } from "../../model/cell_embedder.ts";
import { distanceHistogram } from "../../train/report/distance_histogram.ts";
import { thinCurve } from "../../train/report/plots.ts";
import type { PairKind } from "../../eval/verification/pairs.ts";
import { supportedRates, type Verification } from "../../eval/verification/verify.ts";
import { renderReport } from "../../train/report/report.ts";
import type { NamedScores, ReportData, ReportImage, Retrieval } from "../../train/report/report_data.ts";
import { retrievalMaps } from "../../train/report/retrieval_maps.ts";
import { renderRetrievalPicture } from "../../train/report/retrieval_picture.ts";

const HOSTILE = `<script>alert("1")</script>' onerror='x.jpg`;

const scoresOf = (name: string, rank1: number): NamedScores => ({
  name,
  scores: {
    rank: { 1: rank1, 5: 0.8, 10: 0.85, 20: 0.9 },
    cmc: Array.from({ length: 50 }, (_, k) => rank1 + (1 - rank1) * k / 49),
    mAP: 0.523,
    mAPTrapezoid: 0.511,
    mINP: 0.2,
    queries: 1200,
    queriesWithoutMatch: 3,
    gallery: 4000,
    junk: 40,
    distractors: 120,
  },
});

async function crop(color: number, name: string): Promise<ReportImage> {
  return { name, bytes: await new Image(16, 32).fill(color).encode(), identity: "7", camera: "2" };
}

async function retrieval(): Promise<Retrieval[]> {
  const match = async (right: boolean, distance: number) => ({
    ...await crop(right ? 0x2030f0ff : 0xf0e020ff, `match ${distance}`),
    right,
    distance,
  });
  const broken = {
    ...await crop(0, "broken.jpg"),
    bytes: Uint8Array.of(1, 2, 3),
    right: false,
    distance: 0.9,
  };
  return [{
    query: await crop(0x2030f0ff, HOSTILE),
    matches: [await match(true, 0.25), await match(false, 0.5), broken],
  }];
}

function verificationOf(pairs: PairKind, negatives: number): Verification {
  const about = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });
  return {
    pairs,
    positives: 1234,
    negatives,
    auc: about(0.943),
    eer: about(0.135),
    points: supportedRates(negatives).map((rate) => ({
      rate,
      distance: 0.7,
      falseAccept: about(rate),
      trueAccept: about(0.5 + rate),
    })),
    thresholds: [],
    curve: [[0, 0, 0.1], [1e-3, 0.4, 0.5], [0.1, 0.8, 0.9], [1, 1, 2]],
  };
}

/** The cells of an image of 2 × 1 cells. */
function cells(...values: [number, number, number, number]): ImageCells {
  const numbers = Float32Array.from(values);
  return {
    rows: 2,
    columns: 1,
    cells: numbers,
    activation: numbers.map(Math.abs).subarray(0, 2),
    embedding: numbers.subarray(2),
  };
}

async function reportData(): Promise<ReportData> {
  const step = Array.from({ length: 500 }, (_, i) => i + 1);
  const falling = step.map((at) => 1 / at);
  const maps = await retrievalMaps([{
    query: cells(1, 0, 0, 1),
    matches: [cells(1, 0.5, 0, 1), cells(0, 1, -1, 0), cells(1, 1, 1, 1)],
  }]);
  return {
    title: `Run of ${HOSTILE}`,
    settings: { data: HOSTILE, margin: 0.3, normalize: true },
    scores: [scoresOf("Trained", 0.712), scoresOf("Untrained", 0.1), scoresOf("Color histogram", 0.301)],
    protocol: "Market-1501",
    cameraPairs: [
      { query: 1, gallery: 2, queries: 30, rank1: 0.615, mAP: 0.5 },
      { query: 10, gallery: 1, queries: 4, rank1: 0.25, mAP: 0.125 },
    ],
    verified: { verification: [verificationOf("cross-camera", 2e5), verificationOf("same-camera", 900)] },
    names: undefined,
    curves: {
      step,
      loss: falling,
      active: falling,
      positiveDistance: falling,
      negativeDistance: falling,
      learningRate: falling,
    },
    distances: [distanceHistogram("Before training", [0.1, 0.2], [0.15, 0.3])],
    retrieval: await retrieval(),
    maps: maps.maps,
    partsLimit: maps.limit,
    notes: [`Skipped ${HOSTILE}`],
  };
}

/** What these tests use of an element, or of a whole document; linkedom's types need those of a browser. */
interface PageElement {
  readonly textContent: string;
  getAttribute(name: string): string;
  querySelector(selector: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement> & { readonly length: number };
}

const parse = (page: string) =>
  (parseHTML(page) as unknown as { document: PageElement & { body: PageElement } }).document;

Deno.test("the report of a set by one camera says which images are left out for a query", async () => {
  const page = renderReport({ ...await reportData(), protocol: "same-camera" });
  assert.match(page, /All images are by one camera; the query image itself is left out\./);
  assert.doesNotMatch(page, /by the query's camera/);
});

Deno.test("renderReport() shows the scores, every plot and every picture with a text for those who cannot see it", async () => {
  const document = parse(renderReport(await reportData()));
  const text = document.body.textContent.replaceAll("\u00a0", " ");
  for (const shown of ["71.2 %", "52.3 %", "51.1 %", "Untrained 10.0 %", "Color histogram 30.1 %"]) {
    assert.ok(text.includes(shown), shown);
  }
  assert.match(text, /1,200 queries were ranked against 4,000 gallery images, 120 of them distractors/);
  const plots = [...document.querySelectorAll("svg")];
  assert.equal(plots.length, 7);
  assert.ok(plots.every((plot) => plot.getAttribute("role") === "img" && plot.getAttribute("aria-label")));
  const images = [...document.querySelectorAll("img.crop")];
  assert.equal(images.length, 3);
  assert.ok(images.every((image) => image.getAttribute("src").startsWith("data:image/png;base64,")));
  assert.match(images[1].getAttribute("alt"), /^Rank 1, right: match 0.25, identity 7, camera 2$/);
  assert.equal(document.querySelectorAll("li.right").length, 1);
  assert.equal(document.querySelectorAll("li.wrong").length, 2);
  assert.equal(document.querySelectorAll('span[role="img"]').length, 1);
});

Deno.test("renderReport() lays maps over the pictures, chosen by radio buttons and told in numbers", async () => {
  const document = parse(renderReport(await reportData()));
  // The query's activations and parts for three matches; of each match both.
  const maps = [...document.querySelectorAll("img.map")];
  assert.equal(maps.length, 4 + 3 * 2);
  assert.ok(maps.every((map) => map.getAttribute("src").startsWith("data:image/png;base64,")));
  assert.equal(document.querySelectorAll('input[type="radio"][name="row-0"]').length, 4);
  const [first, second] = [...document.querySelectorAll("li.match")].map(({ textContent }) => textContent);
  // Means (0.5, 0.5) and (0.5, 0.75): cosine 5 / sqrt(26), the upper cell with 0.75 and the lower with 0.5 of 1.25.
  assert.match(first!, /✓ 0\.25, cosine 0\.98; of it by height, from the top: 0\.59, 0\.39/);
  assert.match(second!, /✗ 0\.50, cosine 0\.00; of it by height, from the top: 0\.50, -0\.50/);
  const [of3] = [...document.querySelectorAll("li.query img.of-3")].map((map) => map.getAttribute("src"));
  const query = await Image.decode(Uint8Array.fromBase64(of3!.split(",")[1]!)) as Image;
  assert.deepEqual([query.width, query.height], [4, 8]);
});

Deno.test("renderReport() shows a table of camera pairs for rank-1 and one for mAP, darker where the score is better", async () => {
  const document = parse(renderReport(await reportData()));
  const tables = [...document.querySelectorAll("table.heat")];
  const rows = (table: PageElement) =>
    [...table.querySelectorAll("th, td")].map((cell) => cell.textContent).filter(Boolean).join(" ");
  assert.deepEqual(tables.map(rows), ["c1 c2 c1 – 61.5 c10 25.0 –", "c1 c2 c1 – 50.0 c10 12.5 –"]);
  const names = { identity: new Map(), camera: new Map([[1, "door"], [2, HOSTILE], [10, "yard"]]) };
  const [named] = parse(renderReport({ ...await reportData(), names })).querySelectorAll("table.heat");
  assert.equal(rows(named!), `door ${HOSTILE} door – 61.5 yard 25.0 –`);
  const [best] = tables[0].querySelectorAll("td[style]");
  assert.match(best.getAttribute("style"), /var\(--positive\) 37%/);
  assert.equal(best.getAttribute("title"), "30 queries");
  const without = parse(renderReport({ ...await reportData(), cameraPairs: [] }));
  assert.equal(without.querySelectorAll("table.heat").length, 0);
});

Deno.test("renderReport() shows rates of thresholds with their intervals, and a dash where pairs are too few", async () => {
  const document = parse(renderReport(await reportData()));
  const table = document.querySelector('[aria-label="Rates of thresholds on the distance"]');
  const rows = [...table.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent.replaceAll("\u00a0", " "))
  );
  assert.deepEqual(rows[1], ["pairs of two people", "200,000", "900"]);
  assert.deepEqual(rows[3], ["equal error rate", "13.5 % [12.5, 14.5]", "13.5 % [12.5, 14.5]"]);
  assert.deepEqual(rows.at(-2), ["true accepts at false-accept rate 1e-2", "51.0 % [50.0, 52.0]", "–"]);
  assert.equal(rows.length, 7);
  const without = parse(renderReport({ ...await reportData(), verified: { verification: [] } }));
  assert.doesNotMatch(without.body.textContent, /Same or different/);
});

Deno.test("renderReport() shows the network's thresholds, and marks them among the distances", async () => {
  const data = await reportData();
  const about = (value: number) => ({ value, low: value / 2, high: 2 * value });
  const rates = [0.1, 0.01].map((wanted) => ({
    wanted,
    expected: [wanted / 2, 2 * wanted] as const,
    measured: { distance: 0.2 + wanted, falseAccept: about(wanted), trueAccept: about(0.4) },
  }));
  const thresholds = { people: 12, pairs: "cross-camera" as const, rates };
  const document = parse(renderReport({ ...data, verified: { ...data.verified, thresholds } }));
  const table = document.querySelector('[aria-label="The network\'s thresholds"]');
  const cells = [...table.querySelectorAll("td")].map(({ textContent }) =>
    textContent.replaceAll("\u00a0", " ")
  );
  assert.deepEqual(cells.slice(-4), ["0.2100", "1 % [0.5, 2]", "0.5 to 2 %", "40.0 % [20.0, 80.0]"]);
  const dashed = [...document.querySelectorAll('[stroke-dasharray="4 3"]')];
  assert.equal(dashed.flatMap((group) => [...group.querySelectorAll("line")]).length, 2);
  assert.match(document.body.textContent, /thresholds chosen for false-accept rates 1e-2, 1e-1/);
});

Deno.test("renderReport() treats names and settings as text, and refers to nothing outside itself", async () => {
  const page = renderReport(await reportData());
  const document = parse(page);
  assert.equal(document.querySelectorAll("script, link, iframe, [onerror]").length, 0);
  assert.ok(document.querySelector("title").textContent.includes(HOSTILE));
  assert.ok(document.querySelector(".settings").textContent.includes(HOSTILE));
  assert.equal(document.querySelector("img").getAttribute("title"), HOSTILE);
  const addresses = page.match(/(?:https?:|url\(|@import|src="(?!data:)|href=)[^\s"']*/g) ?? [];
  assert.deepEqual(addresses.filter((address) => !address.startsWith("http://www.w3.org/")), []);
});

Deno.test("renderReport() manages without curves, pictures, distances, and with values that are not finite", async () => {
  const data = await reportData();
  const empty = {
    step: [],
    loss: [],
    active: [],
    positiveDistance: [],
    negativeDistance: [],
    learningRate: [],
  };
  const bare = parse(renderReport({ ...data, curves: empty, retrieval: [], distances: [], notes: [] }));
  assert.equal(bare.querySelectorAll("svg").length, 2);
  const loss = [NaN, Infinity, ...Array.from(data.curves.loss).slice(2)];
  assert.ok(!renderReport({ ...data, curves: { ...data.curves, loss } }).includes("NaN"));
  assert.throws(() => renderReport({ ...data, scores: [] }), RangeError);
});

Deno.test("thinCurve() keeps short curves whole and means long ones over neighbors", () => {
  assert.deepEqual(thinCurve([1, 2, 3], [4, NaN, 6]), [
    { step: 1, mean: 4, low: 4, high: 4 },
    { step: 3, mean: 6, low: 6, high: 6 },
  ]);
  const step = Array.from({ length: 1600 }, (_, i) => i);
  const points = thinCurve(step, step);
  assert.equal(points.length, 160);
  assert.deepEqual(points[1], { step: 14.5, mean: 14.5, low: 10, high: 19 });
});

Deno.test("distanceHistogram() counts every finite distance into bins up to the largest", () => {
  const histogram = distanceHistogram("x", [0, 0.5, NaN], [1, 0.99, Infinity], 4);
  assert.deepEqual(histogram, {
    name: "x",
    binWidth: 0.25,
    positives: [1, 0, 1, 0],
    negatives: [0, 0, 0, 2],
  });
  assert.deepEqual(distanceHistogram("collapsed", [0], [0], 2).positives, [1, 0]);
});

Deno.test("renderRetrievalPicture() frames right matches green and wrong ones red, and grays out broken files", async () => {
  const picture = await Image.decode(await renderRetrievalPicture(await retrieval())) as Image;
  assert.deepEqual([picture.width, picture.height], [2 * 10 + 4 * 78 - 6 + 16, 2 * 10 + 136]);
  const at = (column: number, x: number, y: number) =>
    picture.getPixelAt(1 + 10 + column * 78 + (column > 0 ? 16 : 0) + x, 1 + 10 + y);
  const GREEN = 0x1a8f3cff, RED = 0xcf2f3bff, WHITE = 0xffffffff;
  assert.equal(at(0, 0, 70), WHITE);
  assert.equal(at(0, 4, 70), 0x2030f0ff);
  for (
    const [column, frame, inside] of [[1, GREEN, 0x2030f0ff], [2, RED, 0xf0e020ff], [3, RED, 0xd5d8dcff]]
  ) {
    for (const [x, y] of [[0, 70], [3, 70], [68, 70], [71, 70], [40, 3], [40, 132], [71, 135]]) {
      assert.equal(at(column, x, y), frame, `${column}: ${x}, ${y}`);
    }
    for (const [x, y] of [[4, 70], [67, 70], [40, 4], [40, 131]]) {
      assert.equal(at(column, x, y), inside, `${column}: ${x}, ${y}`);
    }
    assert.equal(at(column, 72, 70), WHITE);
  }
  await assert.rejects(() => renderRetrievalPicture([]), RangeError);
});
