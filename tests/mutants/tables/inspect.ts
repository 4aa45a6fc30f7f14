import type { FileChanges } from "../mutant.ts";

const inspect = (file: string, test: string) => ({
  area: "inspect",
  file,
  tests: [`tests/${test}_test.ts`],
});

/** Inspecting a dataset. */
export const INSPECT_CHANGES: readonly FileChanges[] = [
  {
    ...inspect("inspect/image_facts.ts", "inspect/image_facts"),
    changes: {
      "second-moment-for-variance": ["squares / inside - (total / inside) ** 2", "squares / inside"],
      "border-counts": ["const inside = (height - 2) * (width - 2);", "const inside = height * width;"],
      "eight-neighbors": ["- 4 * luma[i]!", "- 8 * luma[i]!"],
      "sums-for-means": ["(sum / (down * across) / 255 - 0.5)", "(sum / 255 - 0.5)"],
    },
  },
  {
    ...inspect("inspect/duplicates.ts", "inspect/near_groups"),
    changes: {
      "a-row-is-one-group": [".filter(({ first }) => groups.has(first))", ""],
      "first-for-nearest": ["near.sort((a, b) => a.levels - b.levels || a.first - b.first)", "near"],
    },
  },
  {
    ...inspect("inspect/wrong_labels.ts", "inspect/people"),
    changes: {
      "same-camera-supports": ["elsewhere.length > 0 ? elsewhere : others", "others"],
      "other-cameras-only": ["elsewhere.length > 0 ? elsewhere : others", "elsewhere"],
      "counts-itself": [".filter((other) => other !== row)", ""],
      "nearest-of-one": ["const OF_A_PERSON = 3;", "const OF_A_PERSON = 1;"],
      "first-person-for-best": ["b.mean > a.mean ? b : a", "a"],
      "smallest-margin-first": ["b.margin - a.margin", "a.margin - b.margin"],
    },
  },
  {
    ...inspect("inspect/alike_people.ts", "inspect/people"),
    changes: {
      "own-with-itself": ["(all - count) / (count * (count - 1))", "all / (count * count)"],
      "cosines-for-distances": [
        "(1 - across) / Math.max(LEAST_DISTANCE, 1 - (own(a) + own(b)) / 2)",
        "across / Math.max(LEAST_DISTANCE, (own(a) + own(b)) / 2)",
      ],
    },
  },
  {
    ...inspect("inspect/removals.ts", "inspect/command"),
    changes: {
      "first-copy-goes-too": [
        "for (const copy of copies) add(",
        "for (const copy of [first, ...copies]) add(",
      ],
      "conflicts-as-copies": [".filter((group) => ofTwoPeople(inspection, group))", ".filter(() => false)"],
    },
  },
  {
    ...inspect("data/images/decode_worker.ts", "inspect/command"),
    changes: {
      "digest-of-the-file-size-only": ["resizeToRgb(image, sized.subarray(8), width, height);", ""],
    },
  },
];

/** Comparing networks. */
export const COMPARE_CHANGES: readonly FileChanges[] = [
  {
    area: "compare",
    file: "eval/paired_bootstrap.ts",
    tests: ["tests/eval/paired_bootstrap_test.ts"],
    changes: {
      "mean-of-people": ["queries += timesOf(person) * own.queries;", "queries += timesOf(person);"],
      "no-match-scores-0": [
        "if (Number.isNaN(difference)) continue;",
        "if (Number.isNaN(difference)) people.get(-1);",
      ],
      "always-the-same-people": [
        "resampledPeople([list.length], seed, samples)",
        "resampledPeople([list.length], 9, samples)",
      ],
      "queries-for-people": ["const person = itemAt(persons, query);", "const person = query;"],
    },
  },
  {
    area: "compare",
    file: "eval/embedding_time.ts",
    tests: ["tests/eval/embedding_time_test.ts"],
    changes: {
      "warm-up-counts": ["if (i >= WARM_UP) seconds", "seconds"],
      "time-of-a-batch": ["(TIMED - 1) / 2) / batch", "(TIMED - 1) / 2)"],
      "fastest-batch": [
        "itemAt(seconds.sort((a, b) => a - b), (TIMED - 1) / 2)",
        "itemAt(seconds.sort((a, b) => a - b), 0)",
      ],
    },
  },
  {
    area: "compare",
    file: "train/comparison/comparison.ts",
    tests: ["tests/train/comparison_test.ts"],
    changes: {
      "real-by-one-side": [
        "difference.low > 0 || difference.high < 0",
        "difference.low > 0 && difference.high < 0",
      ],
      "test-people-not-marked": ["trainedOn.test.known > 0 ?", "trainedOn.test.known > 1 ?"],
    },
  },
];
