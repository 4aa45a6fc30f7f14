/** The ablation's table in Markdown. */
import type { GroupSummary, RowSummary, Spread } from "./summary.ts";

/** Settings that all rows share. */
export interface AblationTerms {
  /** The dataset's name for users. */
  readonly data: string;
  readonly steps: number;
  readonly seeds: readonly number[];
  /** Settings that all rows share, as a user writes them. */
  readonly flags: string;
  readonly adapter: string;
  /** Notes for readers of the table. */
  readonly notes: readonly string[];
}

const points = (share: number) => (100 * share).toFixed(1);

/** "43.1 ± 0.8", in per cent. */
export function withSpread({ mean, deviation }: Spread): string {
  return points(mean) + (Number.isNaN(deviation) ? "" : ` ± ${points(deviation)}`);
}

/** "+3.2" points; empty where there is nothing to compare with. */
function signed(gain: number): string {
  if (Number.isNaN(gain)) return "";
  return `${gain < 0 ? "−" : "+"}${points(Math.abs(gain))}`;
}

const groupCells = (group: GroupSummary | undefined, isBase: boolean) =>
  group === undefined
    ? ["", "", ""]
    : [withSpread(group.rank1), withSpread(group.mAP), isBase ? "" : signed(group.gain)];

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

/** The table, after a paragraph that explains it. */
export function ablationTable(rows: readonly RowSummary[], terms: AblationTerms): string {
  const groups = [...new Set(rows.flatMap((row) => [...row.groups.keys()]))];
  const head = [
    "setting",
    "flags",
    ...groups.flatMap((name) => {
      const where = name.replace(" cameras", "");
      return [`rank-1, ${where}`, `mAP, ${where}`, `Δ mAP, ${where}`];
    }),
    "images",
    "wall s",
    "CPU s",
    "source",
  ];
  const wanted = terms.seeds.length;
  const body = rows.map((row, i) => [
    row.name + (row.seeds < wanted ? ` (${row.seeds} of ${wanted} seeds)` : ""),
    row.change,
    ...groups.flatMap((name) => groupCells(row.groups.get(name), i === 0)),
    Math.round(row.images).toLocaleString("en"),
    row.wallSeconds.toFixed(0),
    row.cpuSeconds.toFixed(0),
    row.source,
  ]);
  const about =
    `${terms.data}; ${terms.steps} steps each, seeds ${terms.seeds.join(", ")}; \`${terms.flags}\` in all ` +
    `rows; ${terms.adapter}. Scores in per cent: mean ± standard deviation over the seeds. Δ: points of mean mAP over ` +
    `the first row. Seconds are means over a row's runs, which may have shared the machine.`;
  return [
    about,
    ...terms.notes.map((note) => `\n${note}`),
    "",
    line(head),
    line(head.map((name) => /^(setting|flags|source)$/.test(name) ? "---" : "---:")),
    ...body.map(line),
    "",
  ].join("\n");
}
