/** The programs that the code recorded, each with a table of its dispatches. */
import { make } from "../../shell/dom.ts";
import type { PlannedDispatch, PlannedProgram } from "./messages.ts";

/** Dispatches that are shown at first; a button shows the others. */
const SHOWN = 12;

const PREFIXES = ["", "k", "M", "G", "T"] as const;

/** A whole number of a unit with three digits: 12 B, 1.23 kB, 45.6 MB. */
function short(value: number, unit = ""): string {
  let power = 0;
  for (; value >= 999.5 && power < PREFIXES.length - 1; power++) value /= 1000;
  return `${power === 0 ? value : value.toPrecision(3)} ${PREFIXES[power]}${unit}`.trimEnd();
}

/** The section of a program. `number` counts from 1. */
export function programSection(program: PlannedProgram, number: number): HTMLElement {
  const { inputs, outputs, dispatches, memory } = program;
  const id = `program-${number}`;
  const table = dispatchTable(dispatches);
  const frame = make("div", { className: "table-frame", tabIndex: 0, role: "region" }, table);
  frame.setAttribute("aria-labelledby", id);
  const signature = make(
    "p",
    { className: "quiet" },
    make("code", {}, `${inputs.join(", ")} → ${outputs.join(", ")}`),
  );
  const parts = [
    ["temporaries", memory.temporaries],
    ["inputs", memory.inputs],
    ["constants", memory.constants],
    ["outputs", memory.readback],
  ] as const;
  const list = parts.map(([name, bytes]) => `${name} ${short(bytes, "B")}`).join(", ");
  const section = make(
    "section",
    {},
    make("h3", { id, textContent: `Program ${number}: ${counted(dispatches.length)}` }),
    signature,
    frame,
  );
  const rest = table.tBodies[1];
  if (rest !== undefined) {
    rest.hidden = true;
    const button = make("button", { type: "button", textContent: `Show ${rest.rows.length} more` });
    button.addEventListener("click", () => {
      rest.hidden = false;
      button.remove();
      frame.focus();
    });
    section.append(button);
  }
  const text = `Memory: ${short(memory.total, "B")} (${list})`;
  section.append(make("p", { className: "quiet", textContent: text }));
  return section;
}

function counted(dispatches: number): string {
  return dispatches === 1 ? "1 dispatch" : `${dispatches} dispatches`;
}

function dispatchTable(dispatches: readonly PlannedDispatch[]): HTMLTableElement {
  const sum = (key: "flops" | "bytes") => dispatches.reduce((sum, dispatch) => sum + dispatch[key], 0);
  const head = make(
    "tr",
    {},
    ...["Kernel", "Pass"].map(heading),
    ...["Workgroups", "FLOP", "Bytes"].map(numeric),
  );
  const rows = dispatches.map(({ kernel, pass, workgroups, flops, bytes }) =>
    make(
      "tr",
      {},
      make("td", {}, make("code", {}, kernel)),
      make("td", {}, pass),
      ...[withoutOnes(workgroups), short(flops), short(bytes)].map(number),
    )
  );
  const bodies = rows.length > SHOWN + 1 ? [rows.slice(0, SHOWN), rows.slice(SHOWN)] : [rows];
  const total = make("th", { scope: "row", colSpan: 3, textContent: "Sum" });
  return make(
    "table",
    {},
    make("thead", {}, head),
    ...bodies.map((rows) => make("tbody", {}, ...rows)),
    make("tfoot", {}, make("tr", {}, total, number(short(sum("flops"))), number(short(sum("bytes"))))),
  );
}

/** 8, 8 × 2 or 1 × 1 × 4: dimensions at the end that are 1 say nothing. */
function withoutOnes(workgroups: readonly number[]): string {
  const last = workgroups.findLastIndex((count) => count !== 1);
  return workgroups.slice(0, Math.max(1, last + 1)).join(" × ");
}

function heading(textContent: string): HTMLElement {
  return make("th", { scope: "col", textContent });
}

function numeric(textContent: string): HTMLElement {
  return make("th", { scope: "col", className: "number", textContent });
}

function number(textContent: string): HTMLElement {
  return make("td", { className: "number", textContent });
}
