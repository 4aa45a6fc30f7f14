import type { FileChanges } from "../mutant.ts";

const loss = (...tests: string[]) => ({
  area: "losses",
  tests: tests.map((name) => `tests/losses/${name}_test.ts`),
});

/** Mining, hinges, metrics, distances, identity and center losses. */
export const LOSS_CHANGES: readonly FileChanges[] = [
  {
    ...loss("hard"),
    file: "kernels/loss/hard_triplets.wgsl",
    changes: {
      "farthest-ties-go-to-the-last": ["d > farthest", "d >= farthest"],
      "nearest-ties-go-to-the-last": ["d < nearest", "d <= nearest"],
      "own-positive": ["j < B && j != anchor", "j < B"],
      "nearest-positive": ["d > farthest", "d < farthest"],
    },
  },
  {
    ...loss("semi_hard"),
    file: "kernels/loss/semi_hard_triplets.wgsl",
    changes: {
      "equally-far-is-farther": ["(d > positive) &", "(d >= positive) &"],
      "ties-go-to-the-last": ["| (d < nearest));", "| (d <= nearest));"],
      "nearest-as-a-last-resort": ["row[k] > farthest", "row[k] < farthest"],
      "own-positive": ["p != anchor && labels_at(p)", "labels_at(p)"],
    },
  },
  {
    ...loss("hard", "basic"),
    file: "kernels/loss/hinge.wgsl",
    changes: {
      "margin-subtracted": ["positive_part(x + vec4f(MARGIN))", "positive_part(x - vec4f(MARGIN))"],
      "slope-at-the-kink": ["x + vec4f(MARGIN) > vec4f(0.0)); }", "x + vec4f(MARGIN) >= vec4f(0.0)); }"],
      "soft-slope-mirrored": [
        "vec4f(1.0), x > vec4f(0.0)) / (1.0 + e)",
        "vec4f(1.0), x < vec4f(0.0)) / (1.0 + e)",
      ],
      "soft-margin-rounds-away": [
        "select(log(1.0 + e), e * (1.0 - 0.5 * e), e < vec4f(1e-3))",
        "log(1.0 + e)",
      ],
      "soft-active-by-the-margin": ["select(x + vec4f(MARGIN), x, SOFT_MARGIN == 1)", "(x + vec4f(MARGIN))"],
    },
  },
  {
    ...loss("hard", "semi_hard", "basic"),
    file: "kernels/loss/triplet_terms.wgsl",
    changes: {
      "distances-swapped": ["is_active(x).x), positive, negative);", "is_active(x).x), negative, positive);"],
      "anchors-without-negative-not-counted": ["if (n != NONE) { counts.w = 0.0; }", "counts.w = 0.0;"],
    },
  },
  {
    ...loss("hard", "semi_hard", "basic"),
    file: "kernels/loss/triplet_gradient.wgsl",
    changes: {
      "mean-over-rows": ["max(metrics_load(1u).x, 1.0)", "f32(ROWS)"],
      "negatives-attract": ["sum -= select(", "sum += select("],
    },
  },
  {
    ...loss("hard", "semi_hard", "batch_all"),
    file: "kernels/loss/triplet_total.wgsl",
    changes: {
      "spread-squared": ["let spread = sqrt(dot(", "let spread = (dot("],
      "negatives-over-all-triplets": [
        "vec4f(terms, counts.xx, counts.y)",
        "vec4f(terms, counts.xxx)",
        "a batch has a negative for each of its triplets or for none, and their sum is 0 then",
      ],
      "counts-of-anchors-swapped": ["counts.z, counts.w, spread", "counts.w, counts.z, spread"],
      "mean-of-all-for-mean-of-active": ["select(counts.x, sums.y, MEAN_OF_ACTIVE == 1)", "counts.x"],
    },
  },
  {
    ...loss("batch_all"),
    file: "kernels/loss/relations.wgsl",
    changes: {
      "own-positive": ["select(relations, vec4f(0.0), columns == vec4u(anchor))", "relations"],
    },
  },
  {
    ...loss("batch_all"),
    file: "kernels/loss/all_triplet_gradient.wgsl",
    changes: { "sign-of-negatives": ["own * slope(x), own * others", "slope(x), own * others"] },
  },
  {
    ...loss("quadruplet"),
    file: "kernels/loss/nearest_others.wgsl",
    changes: {
      "own-images-in-the-pair": ["if (k != NONE && labels_at(k) == labels_at(anchor)) {", "if (k == NONE) {"],
      "third-nearest-to-the-anchor": ["var k = nearest_at(l * 2u);", "var k = nearest_at(anchor * 2u + 1u);"],
    },
  },
  {
    ...loss("quadruplet"),
    file: "kernels/loss/nearest_identities.wgsl",
    changes: { "second-of-the-same-person": ["if (!known) {", "if (true) {"] },
  },
  {
    ...loss("quadruplet"),
    file: "losses/quadruplet.ts",
    changes: { "second-margin-whole": ["SECOND_MARGIN * settings.margin", "settings.margin"] },
  },
  {
    ...loss("cross_entropy"),
    file: "kernels/loss/cross_entropy.wgsl",
    changes: {
      "smoothing-over-other-classes": [
        "SMOOTHING / f32(CLASSES) * total.y",
        "SMOOTHING / (f32(CLASSES) - 1.0) * total.y",
      ],
      "ties-are-right": ["z[k] >= labeled", "z[k] > labeled"],
      "overflows": ["workgroup_max(lane, highest);", "0.0 * workgroup_max(lane, highest);"],
      "padding-counts-as-a-class": ["      if (c < CLASSES) {", "      if (c <= CLASSES) {"],
    },
  },
  {
    ...loss("cross_entropy"),
    file: "kernels/loss/cross_entropy_gradient.wgsl",
    changes: {
      "sum-for-mean": ["dloss_load(0u).x / f32(ROWS)", "dloss_load(0u).x"],
      "target-not-smoothed": ["vec4f(1.0 - SMOOTHING)", "vec4f(1.0)"],
    },
  },
  {
    ...loss("center"),
    file: "kernels/loss/center_update.wgsl",
    changes: {
      "count-without-one": ["RATE / (1.0 + count)", "RATE / count"],
      "first-image-only": ["var i = row; i < ROWS; i++", "var i = row; i < row + 1u; i++"],
      "away": ["center - RATE", "center + RATE"],
    },
  },
  {
    ...loss("center"),
    file: "losses/center.ts",
    changes: {
      "without-half": [
        "sum(mul(differences, differences)), 0.5, 0)",
        "sum(mul(differences, differences)), 1, 0)",
      ],
    },
  },
  {
    ...loss("distance"),
    file: "kernels/distance/distance.wgsl",
    changes: {
      "angular-doubled": ["select(0.5 * y, vec4f(1.0), without)", "select(y, vec4f(1.0), without)"],
    },
  },
  {
    ...loss("hard"),
    filter: "angular distance",
    file: "kernels/distance/distance.wgsl",
    changes: {
      "no-direction-is-near": ["select(0.5 * y, vec4f(1.0), without)", "0.5 * y"],
    },
  },
  {
    ...loss("distance", "hard"),
    filter: "/distances of large|of collapsed|for distances from/",
    file: "kernels/distance/distance_weights.wgsl",
    changes: {
      "squared-without-2": ["return 2.0 * g;", "return g;"],
      "infinite-between-equal-rows": ["select(g / y, 0.0, y == 0.0)", "g / y"],
      "one-side-of-a-pair-twice": ["dy_at(direct) + dy_at(j * N4 * 4u + i)", "2.0 * dy_at(direct)"],
    },
  },
  {
    ...loss("basic"),
    file: "kernels/distance/triplet_distance_gradient.wgsl",
    changes: { "anchor-leaves-the-positive-alone": ["toward_positive + toward_negative", "toward_positive"] },
  },
  {
    ...loss("distance"),
    filter: "gramDistance",
    file: "kernels/distance/gram_distance.wgsl",
    changes: {
      "root-of-rounding-errors": [
        "clear_below_zero((aa - product) + (bb - product))",
        "(aa - product) + (bb - product)",
      ],
      "angular-of-unit-rows": ["1.0 - product / a / b", "1.0 - product"],
      "no-direction-is-near": ["y = select(y, vec4f(1.0), min(a, b) <= vec4f(LEAST_LENGTH));", ""],
    },
  },
];
