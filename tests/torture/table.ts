/** The table that `deno task torture` prints. */
import type { Outcome } from "./torture.ts";

/** One torture and what came of it. */
export interface TortureRow {
  readonly name: string;
  readonly promise: string;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/** Whether nothing was lost, hung or wrong, and something was tried at all. */
export function isClean({ trials, losses, hangs, wrong }: Outcome): boolean {
  return trials > 0 && losses === 0 && hangs === 0 && wrong === 0;
}

/** The rows as Markdown. */
export function tortureTable(rows: readonly TortureRow[]): string {
  const count = (value: number) => value.toLocaleString("en");
  // What a figure or a promise says must not end a cell.
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  return [
    "| torture | what is promised | trials | losses | hangs | wrong | seconds | figures |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ...rows.map(({ name, promise, outcome, seconds }) => {
      const { trials, losses, hangs, wrong, figures = "" } = outcome;
      const counts = [trials, losses, hangs, wrong, Math.round(seconds)].map(count);
      return `| ${[name, cell(promise), ...counts, cell(figures)].join(" | ")} |`;
    }),
  ].join("\n");
}
