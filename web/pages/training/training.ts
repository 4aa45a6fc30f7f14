/** The page of live training: its controls, the worker that computes, and the views of its steps. */
import { addReadouts, drawingContext, element, make } from "../../shell/dom.ts";
import { showWebgpuMissing, whyMissing } from "../../shell/webgpu_missing.ts";
import { Curve, type CurveOptions } from "./curves.ts";
import { HeatMap } from "./heat_map.ts";
import type { Command, FailureKind, Report } from "./messages.ts";
import { PICTURE } from "./picture_size.ts";
import type { StepView } from "./session.ts";
import { changesStep, checkSettings, PAGE_SETTINGS, type PageRow, type RunSettings } from "./settings.ts";
import { TripletPictures } from "./triplet_pictures.ts";

/** The least time between two announcements of progress to a screen reader, in milliseconds. */
const ANNOUNCE_MS = 15_000;

/** The least time between two drawings of the views, in milliseconds. */
const DRAW_MS = 100;

const FAILURES: Readonly<Record<Exclude<FailureKind, "no-adapter">, string>> = {
  "lost": "The GPU was lost",
  "non-finite": "The run has diverged",
  "other": "The run has failed",
};

/** The names of what the page reads out. */
const NAMES = {
  step: "Step",
  loss: "Loss",
  active: "Active triplets",
  spread: "Spread of embeddings",
  rank: "Rank-1, unseen people",
  speed: "Steps a second",
};
addReadouts(element("readouts"), NAMES);

const run = element("run", HTMLButtonElement);
const stepOnce = element("step", HTMLButtonElement);
const reset = element("reset", HTMLButtonElement);
const status = element("status");
const progress = element("progress", HTMLProgressElement);
const fields = Object.entries<PageRow>(PAGE_SETTINGS).map(([id, row]) => {
  const field = fieldFor(id, row);
  const label = make("label", { htmlFor: id, textContent: row.label });
  element("settings").append(make("div", { className: "field" }, label, field));
  return field;
});

/** A field for a setting, with its range and default. */
function fieldFor(id: string, row: PageRow): HTMLInputElement | HTMLSelectElement {
  if (row.type === "choice") {
    const select = make("select", { id }, ...row.choices.map((choice) => new Option(choice)));
    select.value = String(row.default);
    return select;
  }
  const { min = "", max = "" } = row.type === "number" || row.type === "integer" ? row : {};
  const step = `${row.step ?? (row.type === "integer" ? 1 : "any")}`;
  const value = String(row.default);
  return make("input", { id, type: "number", min: `${min}`, max: `${max}`, step, value, required: true });
}

const percent = (value: number) => `${(100 * value).toFixed(0)} %`;
const curve = (key: keyof typeof NAMES, options: Omit<CurveOptions, "title">) =>
  new Curve(element("curves"), { title: NAMES[key], ...options });
const decimal = (value: number) => value.toFixed(2);
const curves = {
  loss: curve("loss", { format: decimal }),
  active: curve("active", { format: percent, most: 1 }),
  spread: curve("spread", { format: decimal, most: 1 }),
  rank: curve("rank", { format: percent, most: 1, sparse: true }),
};
const heatMap = new HeatMap();
const triplets = new TripletPictures(element("triplets"), PICTURE);

/** The state of the run; each reset replaces it. */
let settings: RunSettings;
let running = false;
let ready = false;
let latest: StepView | undefined;
let pictures: Uint8ClampedArray<ArrayBuffer> | undefined;
let secondsPerStep = 0;
let drawnAt = 0, announcedAt = 0;
let drawing = false;
let worker: Worker;

function tell(command: Command): void {
  worker.postMessage(command);
}

function announce(text: string): void {
  element("announcer").textContent = text;
  announcedAt = performance.now();
}

/** The fields' settings if they are valid; otherwise shows the fault. */
function checked(): RunSettings | undefined {
  const typed = fields.map((it) => [it.id, it instanceof HTMLInputElement ? it.valueAsNumber : it.value]);
  const found = checkSettings(Object.fromEntries(typed));
  const valid = typeof found !== "string";
  showSettingsError(valid ? undefined : found);
  return valid ? found : undefined;
}

function showSettingsError(text?: string): void {
  element("settings-error").textContent = text ?? "";
  element("settings-error").hidden = text === undefined;
}

function showButtons(): void {
  run.disabled = stepOnce.disabled = !ready;
  run.textContent = running ? "Pause" : "Start";
}

function start(): void {
  const wanted = checked();
  if (!wanted) return;
  settings = wanted;
  ready = running = false;
  latest = globalThis.latestStep = undefined;
  secondsPerStep = 0;
  for (const curve of Object.values(curves)) curve.clear();
  heatMap.clear();
  triplets.clear();
  for (const key of Object.keys(NAMES)) element(`read-${key}`).textContent = "–";
  element("read-step").textContent = "0";
  element("failure").hidden = true;
  progress.hidden = false;
  progress.value = 0;
  status.textContent = "Opening the GPU…";
  showButtons();
  tell({ do: "reset", settings });
}

function change(): void {
  const wanted = checked();
  if (!wanted) return;
  // People and seed take effect at the next reset.
  const next = { ...wanted, people: settings.people, seed: settings.seed };
  if (next.p > next.people) {
    return showSettingsError(`P takes effect at the next reset: the run has ${next.people} people.`);
  }
  if (ready && changesStep(settings, next)) status.textContent = "Preparing the changed step…";
  settings = next;
  tell({ do: "change", settings });
}

/** Schedules a drawing of the latest step. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  const wait = Math.max(0, drawnAt + DRAW_MS - performance.now());
  setTimeout(() =>
    requestAnimationFrame(() => {
      drawing = false;
      drawnAt = performance.now();
      if (!latest) return;
      const { step } = latest;
      for (const curve of Object.values(curves)) curve.draw(step);
      heatMap.show(latest);
      triplets.show(latest, settings.margin, drawPicture);
      element("read-step").textContent = `${step}`;
      element("read-loss").textContent = latest.loss.toFixed(3);
      element("read-active").textContent = percent(latest.active);
      element("read-spread").textContent = latest.spread.toFixed(3);
      element("read-speed").textContent = (1 / secondsPerStep).toPrecision(2);
    }), wait);
}

function drawPicture(canvas: HTMLCanvasElement, picture: number): void {
  if (!pictures) return;
  const bytes = PICTURE.width * PICTURE.height * 4;
  const pixels = pictures.subarray(picture * bytes, (picture + 1) * bytes);
  drawingContext(canvas).putImageData(new ImageData(pixels, PICTURE.width, PICTURE.height), 0, 0);
}

function showFailure(kind: FailureKind, text: string): void {
  ready = running = false;
  progress.hidden = true;
  showButtons();
  status.textContent = "Stopped.";
  if (kind === "no-adapter") {
    element("controls").hidden = element("views").hidden = true;
    return showWebgpuMissing(element("missing"), "no-adapter");
  }
  element("failure-title").textContent = FAILURES[kind];
  element("failure-text").textContent = kind === "lost" ? `${text}. Press Reset to open it again.` : text;
  element("failure").hidden = false;
}

function hear(report: Report): void {
  switch (report.is) {
    case "drawing":
      status.textContent = "Drawing people…";
      progress.value = report.share;
      return;
    case "people":
      pictures = report.pictures;
      return;
    case "preparing":
      status.textContent = "Preparing the network's shaders…" +
        (report.software ? " Without a GPU this takes half a minute, or a minute on an old machine." : "");
      progress.removeAttribute("value");
      element("adapter").textContent = `Computing on ${report.adapter}` +
        (report.software ? ", which is a program and no GPU: expect a few steps a second." : ".");
      return;
    case "ready":
      if (!ready) announce("Ready to train.");
      ready = true;
      progress.hidden = true;
      status.textContent = report.step === 0 ? "Ready." : `Paused after step ${report.step}.`;
      return showButtons();
    case "running":
      status.textContent = "Training…";
      return;
    case "step": {
      const { view, seconds } = report;
      latest = globalThis.latestStep = view;
      secondsPerStep = secondsPerStep === 0 ? seconds : 0.8 * secondsPerStep + 0.2 * seconds;
      curves.loss.add(view.step, view.loss);
      curves.active.add(view.step, view.active);
      curves.spread.add(view.step, view.spread);
      if (running) status.textContent = "Training…";
      return draw();
    }
    case "scoring":
      status.textContent = "Testing on people that it has never seen…";
      return;
    case "score": {
      const { step, rank1, queries } = report.score;
      curves.rank.add(step, rank1);
      element("read-rank").textContent = percent(rank1);
      if (running) status.textContent = "Training…";
      if (performance.now() - announcedAt > ANNOUNCE_MS) {
        announce(
          `Step ${step}: loss ${latest?.loss.toFixed(2)}, rank-1 ${
            percent(rank1)
          } of ${queries} queries of unseen people.`,
        );
      }
      return draw();
    }
    case "failure":
      return showFailure(report.kind, report.text);
  }
}

const missing = whyMissing();
if (missing) showWebgpuMissing(element("missing"), missing);
else {
  element("controls").hidden = element("views").hidden = false;
  worker = new Worker("training_worker.js", { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Report>) => hear(data);
  worker.onerror = (event) => showFailure("other", event.message || "The browser could not load its script.");
  element("controls").addEventListener("submit", (event) => event.preventDefault());
  run.addEventListener("click", () => {
    running = !running;
    tell({ do: running ? "run" : "pause" });
    announce(running ? "Training." : "Paused.");
    showButtons();
  });
  stepOnce.addEventListener("click", () => {
    running = false;
    tell({ do: "step" });
    showButtons();
  });
  reset.addEventListener("click", start);
  for (const field of fields) field.addEventListener("change", change);
  reset.disabled = false;
  start();
}
