/**
 * Runs a visitor's code as a module in a thread that the page can end. The page gets what the code prints, the programs
 * that it records, and its errors with their lines.
 */
import type {
  Device,
  ProgramArguments,
  ProgramInputs,
  ProgramOutputs,
  RecordOptions,
} from "../../../engine/mod.ts";
import { NoAdapterError, Program } from "../../../engine/mod.ts";
import { consoleText } from "./console_text.ts";
import { addressOf, foreignImport, withAddresses, withNames } from "./library.ts";
import { type Command, type Line, MOST_LINES, type PlannedProgram, type Report } from "./messages.ts";

/** The least time between two messages with lines, in milliseconds: a loop that prints must not flood the page. */
const PRINT_MS = 100;

let lines: Line[] = [];
let leftOut = 0;
let sentAt = -Infinity;
let code = "";
let address = "";

function report(message: Report): void {
  self.postMessage(message);
}

function sendLines(): void {
  if (lines.length > 0) report({ is: "printed", lines, leftOut });
  lines = [];
  leftOut = 0;
  sentAt = performance.now();
}

function print(kind: Line["kind"], values: readonly unknown[]): void {
  if (lines.length === 0) setTimeout(sendLines, PRINT_MS);
  lines.push({ kind, text: consoleText(values) });
  if (lines.length > MOST_LINES) {
    lines.shift();
    leftOut++;
  }
  if (performance.now() - sentAt >= PRINT_MS) sendLines(); // The timer waits while a loop runs.
}

for (const kind of ["log", "info", "debug", "warn", "error"] as const) {
  console[kind] = (...values: unknown[]) => print(kind === "warn" || kind === "error" ? kind : "log", values);
}

const { record } = Program;
Program.record = async <I extends ProgramInputs, O extends ProgramOutputs>(
  device: Device,
  inputs: I,
  body: (inputs: ProgramArguments<I>) => O,
  options?: RecordOptions,
): Promise<Program<I, O>> => {
  let outputs: string[] = [];
  const program = await record(device, inputs, (tensors: ProgramArguments<I>) => {
    const made = body(tensors);
    outputs = Object.keys(made ?? {}); // Whether they are tensors is the engine's to say.
    return made;
  }, options);
  sendLines();
  report({ is: "program", program: described(device, program, Object.keys(inputs), outputs) });
  return program;
};

function described<I extends ProgramInputs, O extends ProgramOutputs>(
  { adapter: { name, software } }: Device,
  { dispatches, memory }: Program<I, O>,
  inputs: readonly string[],
  outputs: readonly string[],
): PlannedProgram {
  return {
    inputs,
    outputs,
    dispatches: dispatches.map(({ dispatch: { kernel, workgroups, cost: { flops, bytes } }, pass }) => ({
      kernel,
      pass,
      workgroups,
      flops,
      bytes,
    })),
    memory,
    adapter: { name, software },
  };
}

function fail(error: unknown, line: number | undefined): void {
  sendLines();
  const foreign = error instanceof TypeError && line === undefined ? foreignImport(code) : undefined;
  const text = foreign?.text ?? withNames(error instanceof Error ? `${error}` : consoleText([error]));
  report({ is: "failure", text, line: line ?? foreign?.line, noAdapter: error instanceof NoAdapterError });
}

/** The line of the code in an error's stack that is nearest to where it was thrown. */
function lineIn(error: unknown): number | undefined {
  const stack = error instanceof Error ? error.stack ?? "" : "";
  const at = stack.indexOf(`${address}:`);
  return at < 0 ? undefined : Number.parseInt(stack.slice(at + address.length + 1));
}

// Most browsers tell the line of a syntax error nowhere but in this event.
self.addEventListener("error", (event) => {
  event.preventDefault();
  fail(event.error ?? event.message, event.filename === address ? event.lineno : lineIn(event.error));
});
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason, lineIn(event.reason));
});

self.onmessage = async ({ data }: MessageEvent<Command>) => {
  Object.assign(Error, { stackTraceLimit: 100 }); // Chromium keeps ten lines, which the engine's may fill.
  code = data;
  address = addressOf(withAddresses(code));
  try {
    await import(address);
    sendLines();
    report({ is: "done" });
  } catch (error) {
    self.reportError(error);
  }
};
