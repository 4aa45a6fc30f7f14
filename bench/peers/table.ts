/** The tables of the comparison: a line for each library, then the messages of those that did not run. */
import { agreement, TOLERANCE } from "./agreement.ts";
import { OURS } from "./peer.ts";
import { oursOf, type Outcome, type Timed } from "./rounds.ts";
import { type Task, taskInWords, type TaskName } from "./scenario.ts";

/** After an update: Adam amplifies rounding, as it divides small gradients by their own size. */
const UPDATE_TOLERANCE = 1e-2;

interface Column {
  readonly title: string;
  /** Shown only in tables of these tasks. */
  readonly tasks?: readonly TaskName[];
  readonly left?: boolean;
  cell(side: Timed, ours: Timed, task: Task): string;
}

const NONE = "-";

const COLUMNS: readonly Column[] = [
  { title: "who", left: true, cell: ({ peer }) => peer.label },
  { title: "on", left: true, cell: ({ peer }) => peer.backend },
  { title: "threads", cell: ({ threads }) => String(threads) },
  { title: "opening", cell: ({ opened }) => seconds(opened.openMilliseconds) },
  { title: "first run", cell: ({ opened }) => seconds(opened.first.milliseconds) },
  { title: "runs", cell: ({ runs }) => String(runs.length) },
  { title: "median", cell: ({ median }) => milliseconds(median) },
  { title: "an image", cell: ({ median }, _, { batch }) => milliseconds(median / batch) },
  { title: "of ours", cell: ({ median }, ours) => ratio(median / ours.median) },
  { title: "CPU time", cell: ({ cpuMedian }) => milliseconds(cpuMedian) },
  { title: "dispatches", cell: (side) => onGpu(side, () => String(side.runs.at(-1)!.dispatches)) },
  { title: "submits", cell: (side) => onGpu(side, () => String(side.runs.at(-1)!.submits)) },
  {
    title: "GPU memory",
    cell: (side) => onGpu(side, ({ gpu }) => `${(gpu.peakBytes / 2 ** 20).toFixed(0)} MiB`),
  },
  { title: "result differs by", cell: (side, ours) => share(side, agreement(side, ours).first) },
  {
    title: "after an update",
    tasks: ["train", "mnist"],
    cell: (side, ours) => share(side, agreement(side, ours).second),
  },
  {
    title: "after all",
    tasks: ["mnist"],
    cell: (side, ours) => share(side, agreement(side, ours).last),
  },
];

/** The table of one task. */
export function taskTable(task: Task, outcomes: readonly Outcome[]): string {
  const ours = oursOf(outcomes);
  const timed = outcomes.filter((outcome) => outcome.kind === "timed");
  const columns = COLUMNS.filter((column) => column.tasks?.includes(task.name) ?? true);
  const cells = timed.map((side) => columns.map((column) => column.cell(side, ours, task)));
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => line[i].length))
  );
  const line = (parts: readonly string[]) =>
    parts.map((part, i) => columns[i].left ? part.padEnd(widths[i]) : part.padStart(widths[i])).join("  ");
  return [
    `${taskInWords(task)}:`,
    line(columns.map(({ title }) => title)),
    line(widths.map((width) => "-".repeat(width))),
    ...cells.map(line),
    ...outcomes.flatMap((outcome) => {
      if (outcome.kind === "timed") return [];
      return [`${outcome.peer.label}, ${outcome.peer.backend}: did not run: ${outcome.said}`];
    }),
    ...warnings(task, timed, ours),
    ...headline(timed, ours),
  ].join("\n");
}

/** Libraries whose first result differs from ours: their times are not comparable. */
export function disagreeing(outcomes: readonly Outcome[]): Timed[] {
  const ours = oursOf(outcomes);
  return outcomes.filter((outcome) => outcome.kind === "timed")
    .filter((side) => !(agreement(side, ours).first <= TOLERANCE));
}

function warnings(task: Task, timed: readonly Timed[], ours: Timed): string[] {
  return timed.flatMap((side) => {
    const { first, second } = agreement(side, ours);
    const who = `${side.peer.label}, ${side.peer.backend}`;
    if (!(first <= TOLERANCE)) {
      return [`${who}: does NOT compute the same: ${first.toExponential(1)} apart`];
    }
    if (task.name !== "forward" && !(second <= UPDATE_TOLERANCE)) {
      return [
        `${who}: the first loss is ours, but the loss after one update is ${(100 * second).toFixed(1)} % off`,
      ];
    }
    return [];
  });
}

/** The main ratio as a sentence. */
function headline(timed: readonly Timed[], ours: Timed): string[] {
  const others = timed.filter(({ peer }) => peer !== OURS && peer.backend === "webgpu")
    .sort((a, b) => a.median - b.median);
  if (others.length === 0) return [];
  const [{ peer, median, cpuMedian, threads }] = others;
  return [
    `Fastest other on WebGPU: ${peer.label}, ${ratio(median / ours.median)} our time, ` +
    `${ratio(cpuMedian / ours.cpuMedian)} our CPU time (threads: ${threads}, ours ${ours.threads})`,
  ];
}

/** A ratio as text, such as `12.3x`, or `0.24x` below 1. */
export function ratio(value: number): string {
  return `${value < 1 ? value.toFixed(2) : value.toFixed(1)}x`;
}

function onGpu(side: Timed, cell: (side: Timed) => string): string {
  return side.peer.backend === "webgpu" ? cell(side) : NONE;
}

function share({ peer }: Timed, difference: number): string {
  return peer === OURS ? NONE : difference.toExponential(0);
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}
