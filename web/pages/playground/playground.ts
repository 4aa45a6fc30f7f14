/** The page of the playground: the code, the worker that runs it, what it prints and the programs that it records. */
import { element } from "../../shell/dom.ts";
import { showWebgpuMissing, whyMissing } from "../../shell/webgpu_missing.ts";
import { CodeField } from "./code_field.ts";
import type { Command, PlannedProgram, Report } from "./messages.ts";
import { OutputView } from "./output_view.ts";
import { programSection } from "./planned_programs.ts";

/** Names in the tab's storage: of the chosen example, and before the name of a changed one. */
const CHOSEN = "playground", CHANGED = "playground/";

const run = element("run", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);
const choice = element("example", HTMLSelectElement);
const output = new OutputView(element("output"));
const programs = element("programs");
const status = element("status");

const examples = new Map(
  Array.from(
    document.querySelectorAll("template"),
    (template) => [template.id, { title: template.title, code: `${template.content.textContent?.trim()}\n` }],
  ),
);
const field = new CodeField(
  element("code", HTMLTextAreaElement),
  element("line-numbers"),
  (code) => store(CHANGED + choice.value, code === originalCode() ? undefined : code),
);

let worker: Worker | undefined;
let startedAt = 0;

function originalCode(): string {
  return examples.get(choice.value)?.code ?? "";
}

/** What this tab stored. If storage is forbidden, there is nothing. */
function stored(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Storage is forbidden or full: changes hold until the page is left.
  }
}

/** Ends the run, if there is one, and says so. */
function end(text: string): void {
  worker?.terminate();
  worker = undefined;
  finish(text);
}

function finish(text: string): void {
  stop.disabled = true;
  status.textContent = text;
}

function seconds(): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

function clear(): void {
  output.clear();
  programs.replaceChildren();
  element("failure").hidden = element("missing").hidden = true;
}

function start(): void {
  end("Running…");
  clear();
  startedAt = performance.now();
  stop.disabled = false;
  const started = new Worker("playground_worker.js", { type: "module" });
  worker = started;
  started.onmessage = ({ data }: MessageEvent<Report>) => {
    if (worker === started) hear(data); // A worker that was ended may have messages under way.
  };
  started.onerror = (event) => {
    element("failure-title").textContent = "The code cannot run";
    element("failure-text").textContent = event.message || "The browser could not load the worker's script.";
    element("failure").hidden = false;
    end("Stopped.");
  };
  started.postMessage(field.code satisfies Command);
}

function hear(report: Report): void {
  switch (report.is) {
    case "printed":
      return output.add(report.lines, report.leftOut);
    case "program":
      return showProgram(report.program);
    case "done":
      return finish(`Done after ${seconds()}.`);
    case "failure":
      if (report.noAdapter) {
        end("Stopped.");
        return showWebgpuMissing(element("missing"), "no-adapter");
      }
      output.fail(report.text, report.line, (line) => field.show(line));
      return end(`Stopped by an error after ${seconds()}.`);
  }
}

function showProgram(program: PlannedProgram): void {
  programs.append(programSection(program, programs.childElementCount + 1));
  const { name, software } = program.adapter;
  element("adapter").textContent = `Computed on ${name}` +
    (software ? ", which is a program and no GPU: it compiles shaders slowly." : ".");
}

/** Shows an example, as this tab has changed it. */
function choose(): void {
  store(CHOSEN, choice.value);
  field.code = stored(CHANGED + choice.value) ?? originalCode();
  end("Ready.");
  clear();
}

const missing = whyMissing();
if (missing) showWebgpuMissing(element("missing"), missing);
else {
  for (const [id, { title }] of examples) choice.append(new Option(title, id));
  const chosen = stored(CHOSEN);
  if (chosen !== undefined && examples.has(chosen)) choice.value = chosen;
  element("playground").hidden = false;
  choose();
  run.addEventListener("click", start);
  stop.addEventListener("click", () => end(`Stopped after ${seconds()}.`));
  choice.addEventListener("change", choose);
  element("reset").addEventListener("click", () => {
    store(CHANGED + choice.value, undefined);
    choose();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    start();
  });
}
