/** Verification as tables for the terminal. */
import type { Estimate } from "../eval/verification/resampled_people.ts";
import { FALSE_ACCEPT_RATES, LEAST_ERRORS, type Verification } from "../eval/verification/verify.ts";
import { table } from "./table.ts";

const percent = (share: number) => (100 * share).toFixed(1);
const whole = (count: number) => count.toLocaleString("en");

/** A share in per cent with its interval. */
export function withInterval({ value, low, high }: Estimate): string {
  return `${percent(value)} % [${percent(low)}, ${percent(high)}]`;
}

/** A false-accept rate as users write it: 1e-2. */
export function rateName(rate: number): string {
  return rate.toExponential();
}

/** A block of lines for each kind of pairs. */
export function verificationTables(kinds: readonly Verification[]): string {
  const blocks = kinds.map(({ pairs, positives, negatives, auc, eer, points }) => {
    const left = FALSE_ACCEPT_RATES.slice(points.length);
    const rows = [
      ["  AUC", withInterval(auc), ""],
      ["  equal error rate", withInterval(eer), ""],
      ...points.map(({ rate, distance, trueAccept }) => [
        `  true accepts at false-accept rate ${rateName(rate)}`,
        withInterval(trueAccept),
        `distance ${distance.toFixed(4)}`,
      ]),
    ];
    return [
      `Same or different, ${pairs} pairs: ${whole(positives)} of one person, ${whole(negatives)} of two`,
      table(rows),
      ...(left.length > 0
        ? [
          `  ${
            left.map(rateName).join(", ")
          } left out: fewer than ${LEAST_ERRORS} false accepts at that rate`,
        ]
        : []),
    ].join("\n");
  });
  return [...blocks, "In brackets: 95 % intervals, by resampling people"].join("\n");
}

/** One line about a kind of pairs. */
export function verificationLine({ pairs, auc, eer }: Verification): string {
  return `Same or different, ${pairs} pairs: AUC ${withInterval(auc)}, equal error rate ${withInterval(eer)}`;
}
