/** Verification as tables for the terminal. */
import type { Estimate } from "../eval/verification/resampled_people.ts";
import { FALSE_ACCEPT_RATES, LEAST_ERRORS, type Verification } from "../eval/verification/verify.ts";
import { FALSE_ALARM_RATES } from "../eval/verification/open_set.ts";
import type { Unmeasured } from "../eval/verification/unmeasured.ts";
import { table } from "./table.ts";
import type { SearchedOpenSet, Verified } from "../eval/verification/verify_network.ts";

const percent = (share: number) => (100 * share).toFixed(1);
const whole = (count: number) => count.toLocaleString("en");

/** A small share in per cent. */
const rare = (share: number) => String(Number((100 * share).toPrecision(2)));

/** A share in per cent with its interval. */
export function withInterval(
  { value, low, high }: Estimate,
  digits: (share: number) => string = percent,
): string {
  return `${digits(value)} % [${digits(low)}, ${digits(high)}]`;
}

/** A false-accept rate as users write it: 1e-2. */
export function rateName(rate: number): string {
  return rate.toExponential();
}

/** A block of lines for each kind of pairs, and one for the network's thresholds. */
export function verificationTables({ verification, thresholds, unmeasured }: Verified): string {
  const blocks = verification.map(({ pairs, positives, negatives, auc, eer, points }) => {
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
  if (thresholds) blocks.push(keptTable(thresholds));
  if (unmeasured) blocks.push(`The network's thresholds are not measured: ${reason(unmeasured)}`);
  return [...blocks, "In brackets: 95 % intervals, by resampling people"].join("\n");
}

function keptTable({ people, pairs, rates }: NonNullable<Verified["thresholds"]>): string {
  const rows = rates.map((
    { wanted, expected: [low, high], measured: { distance, falseAccept, trueAccept } },
  ) => [
    `  ${rateName(wanted)}`,
    distance.toFixed(4),
    withInterval(falseAccept, rare),
    `${rare(low)} to ${rare(high)} %`,
    withInterval(trueAccept),
  ]);
  return [
    `The network's thresholds, chosen on ${people} people held out of training; measured on these ${pairs} pairs`,
    table([["  chosen for", "distance", "false accepts", "expected", "true accepts"], ...rows]),
  ].join("\n");
}

function reason(unmeasured: Unmeasured): string {
  switch (unmeasured.kind) {
    case "none":
      return "it keeps none for these embeddings, as nobody was held out of its training (train --holdout-people)";
    case "metric":
      return `they are Euclidean distances, which do not determine the metric ${unmeasured.metric} of embeddings that have ` +
        "not length one";
    case "pairs":
      return `they are for ${unmeasured.pairs} pairs, of which this test has none`;
    case "rate": {
      const { people, lowest } = unmeasured;
      return `the ${people} people held out of training are too few` +
        (lowest === undefined
          ? ""
          : `; for galleries of these sizes they are enough for --false-alarm ${
            Number(lowest.toPrecision(2))
          }`);
    }
  }
}

/** Lines about open-set search. */
export function openSetTable(
  { galleries, mated, unmated, points, threshold, unmeasured }: SearchedOpenSet,
): string {
  const left = FALSE_ALARM_RATES.slice(points.length);
  const rows = points.map(({ rate, distance, identified }) => [
    `  identified at false alarms in ${percent(rate)} % of searches`,
    withInterval(identified),
    `distance ${distance.toFixed(4)}`,
  ]);
  const lines = [
    `Open set: half of the people left out of the gallery (${galleries.map(whole).join(" and ")} images); ` +
    `${whole(mated)} searches for people in it, ${whole(unmated)} for people not in it`,
    ...(rows.length > 0 ? [table(rows)] : []),
    ...(left.length > 0
      ? [`  ${left.map(rateName).join(", ")} left out: fewer than ${LEAST_ERRORS} false alarms at that rate`]
      : []),
  ];
  if (unmeasured) lines.push(`  no threshold of the network: ${reason(unmeasured)}`);
  if (threshold) {
    const { wanted, distances, extrapolated, expected, falseAlarm, identified } = threshold;
    lines.push(
      `  the network's threshold for false alarms in ${rare(wanted)} % of searches${
        extrapolated ? " (extrapolated)" : ""
      }, distance ${distances.map((each) => each.toFixed(4)).join(" and ")}: false alarms in ` +
        `${withInterval(falseAlarm, rare)}${
          expected ? `, expected ${expected.map(rare).join(" to ")} %` : ""
        }, identified ${withInterval(identified)}`,
    );
  }
  return lines.join("\n");
}

/** One line about a kind of pairs. */
export function verificationLine({ pairs, auc, eer }: Verification): string {
  return `Same or different, ${pairs} pairs: AUC ${withInterval(auc)}, equal error rate ${withInterval(eer)}`;
}
