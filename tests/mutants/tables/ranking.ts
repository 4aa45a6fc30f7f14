import type { FileChanges } from "../mutant.ts";

const ranking = (...tests: string[]) => ({
  area: "ranking",
  tests: tests.map((name) => `tests/eval/${name}_test.ts`),
});

/** Ranks, scores, other rankings and re-ranking. */
export const RANKING_CHANGES: readonly FileChanges[] = [
  {
    ...ranking("rank_ops"),
    file: "kernels/ranking/rank_count.wgsl",
    changes: {
      "ties-rank-right-matches-first": ["(d <= threshold.yyyy)", "(d < threshold.yyyy)"],
      "junk-counts": ["(g != identity) & (g != vec4f(0.0))", "(g != identity)"],
    },
  },
  {
    ...ranking("rank_ops"),
    file: "kernels/ranking/rank_nearest.wgsl",
    changes: {
      "ties-go-to-the-last": [
        "a.distance == b.distance && a.index < b.index",
        "a.distance == b.distance && a.index > b.index",
      ],
      "junk-is-found": ["(g != identity) & (g != vec4f(0.0))", "(g != identity)"],
      "ties-lost": [
        "((d == vec4f(last.distance)) & (index > vec4u(last.index)))",
        "((d == vec4f(last.distance)) & (index < vec4u(last.index)))",
      ],
    },
  },
  {
    ...ranking("rank_ops", "rerank"),
    file: "engine/ops/rank.ts",
    changes: { "of-columns-for-rows": ["return max(distances, 1);", "return max(distances, 0);"] },
  },
  {
    ...ranking("top_k"),
    file: "kernels/ranking/top_k.wgsl",
    changes: {
      "ties-go-to-the-last": ["a.key == b.key && a.index < b.index", "a.key == b.key && a.index > b.index"],
      "nan-comes-last": ["select(bits + vec4u(1u), vec4u(0u), bits > vec4u(0x7f800000u))", "bits"],
      "unused-columns-are-found": ["column.index < end && !before", "!before"],
      "bound-of-the-nearest-lane": ["atomicMax(&bound", "atomicMin(&bound"],
      "digits-from-the-lowest": ["(24u - 8u * (digit & 3u))) & 255u", "(8u * (digit & 3u))) & 255u"],
    },
  },
  {
    ...ranking("ranking"),
    file: "eval/ranking.ts",
    changes: {
      "same-camera-stays": ["sameIdentity.filter((j) => this.#gallery.camera[j] !== camera)", "sameIdentity"],
      "ties-rank-right-matches-first": ["if (sorted[middle]! < value)", "if (sorted[middle]! <= value)"],
      "junk-counts": ["for (const j of this.#byIdentity.get(JUNK) ?? []) count(j, -1);", ""],
      "own-matches-count-as-wrong": ["for (const j of sameIdentity) count(j, -1);", ""],
      "precision-from-rank-0": [
        "const after = (i + 1) / (rank + 1);",
        "const after = (i + 1) / Math.max(1, rank);",
      ],
      "trapezoid-from-0": ["rank === 0 ? 1 : i / rank", "rank === 0 ? 0 : i / rank"],
      "penalty-of-the-first-match": ["ranks.length / (last + 1)", "ranks.length / (first + 1)"],
      "cmc-counts-from-1": ["at = (k: number) => itemAt(cmc, k - 1)", "at = (k: number) => itemAt(cmc, k)"],
      "queries-without-match-score-0": [
        "      this.#queriesWithoutMatch++;\n",
        "      this.#queriesWithoutMatch++;\n      this.#queries++;\n",
      ],
      "sum-of-precisions": ["plain: plain / ranks.length", "plain: plain"],
      "top-shows-same-camera": ["if (right && gallery.camera[index] === camera) continue;", ""],
      "top-shows-junk": ["if (person === JUNK) continue;", ""],
      "top-ties-right-first": ["Number(a.right) - Number(b.right)", "Number(b.right) - Number(a.right)"],
      "top-ties-at-the-end-lost": [
        "if (distance > farthest) continue;\n    const",
        "if (distance >= farthest) continue;\n    const",
      ],
    },
  },
  {
    ...ranking("rank_gallery"),
    file: "eval/rank_gallery.ts",
    changes: {
      "same-camera-stays": [
        "images.filter(({ index }) => gallery.labels.camera[index] !== queries.labels.camera[q])",
        "images",
      ],
      "ranks-in-the-gallerys-order": [
        ".sort().map((wrong, i) => wrong + i)",
        ".map((wrong, i) => wrong + i)",
      ],
      "first-part-only": ["for (const atHome of [true, false])", "for (const atHome of [true])"],
      "junk-is-a-person": ["new Map([[JUNK, 0]])", "new Map([[0, 0]])"],
    },
  },
  {
    ...ranking("rank_gallery"),
    file: "eval/rank_part.ts",
    changes: {
      "samples-of-the-same-person": [
        "if (column === NONE || persons[column] === query.person) continue;",
        "if (column === NONE) continue;",
      ],
      "last-part-wins": ["match.nearer += itemAt", "match.nearer = itemAt"],
    },
  },
  {
    ...ranking("camera_pairs"),
    file: "eval/camera_pairs.ts",
    changes: {
      "gallery-of-all-cameras": ["(of) => of === camera", "() => true"],
      "queries-of-the-same-camera": [
        "(of) => of !== camera",
        "() => true",
        "the ranking removes their matches, and pairs without a query with a match are left out",
      ],
    },
  },
  {
    ...ranking("camera_groups"),
    file: "eval/camera_groups.ts",
    changes: {
      "groups-of-one-camera": ["cameras.size > 1 &&", ""],
      "embeddings-of-the-wrong-rows": ["(from + 1) * size), to * size)", "(from + 1) * size), from * size)"],
    },
  },
  {
    ...ranking("multi_query"),
    file: "eval/multi_query.ts",
    changes: {
      "pools-over-cameras": ["`${person} ${cameraNumber}`", "`${person}`"],
    },
  },
  {
    ...ranking("multi_query"),
    file: "model/means.ts",
    changes: {
      "sum-for-mean": [" / images.length;", ";"],
      "not-of-length-one": ["if (unitLength) toUnitLength(means, size);", ""],
    },
  },
  {
    ...ranking("tracklets"),
    file: "eval/tracklets.ts",
    changes: {
      "queries-of-one-image": ["collect(gallery.images, embedded.gallery, asking, false);", ""],
      "images-twice": [
        "tracklet.images.set(image.path,",
        "tracklet.images.set(`${image.path} ${tracklet.images.size}`,",
      ],
      "one-camera-leaves-out-all": ['if (protocol === "Market-1501") return', 'if (protocol !== "") return'],
    },
  },
  {
    ...ranking("tracklets"),
    file: "data/tracklets.ts",
    changes: {
      "distractors-together": ["identity <= 0 :", "identity < -1 :"],
      "a-track-for-all-cameras": ["[identity, camera, track].join", "[identity, track].join"],
    },
  },
  {
    ...ranking("verification/verify"),
    file: "eval/verification/roc.ts",
    changes: {
      "area-of-steps": ["(trueAccept[i]! + trueAccept[i - 1]!) / 2", "trueAccept[i]!"],
      "equal-error-at-a-point": [
        "const share = -excess(i - 1) / (excess(i) - excess(i - 1));",
        "const share = 1;",
      ],
      "rate-is-never-reached": [
        "if (falseAccept[middle]! <= rate) low",
        "if (falseAccept[middle]! < rate) low",
      ],
      "true-accepts-of-the-point-before": [
        "const share = (rate - falseAccept[i]!) / (next - falseAccept[i]!);",
        "const share = 0;",
      ],
    },
  },
  {
    ...ranking("verification/verify"),
    file: "eval/verification/pairs.ts",
    changes: {
      "an-image-with-itself": ["if (j === same || people.gallery[j]! < 0)", "if (people.gallery[j]! < 0)"],
      "junk-makes-pairs": ["if (j === same || people.gallery[j]! < 0)", "if (j === same)"],
      "distractors-are-one": ["number.size + distractors++", "number.size + (distractors ||= 0)"],
    },
  },
  {
    ...ranking("verification/share_interval"),
    file: "eval/verification/share_interval.ts",
    changes: {
      "nothing-is-sure": ["high: 1 - TAIL ** (1 / people) }", "high: 0 }"],
      "deviation-of-one-left-out": ["(people - 1) / people * without", "1 / people * without"],
    },
  },
  {
    ...ranking("verification/share_interval"),
    file: "eval/verification/search_deviations.ts",
    changes: {
      "own-searches-stay": ["sums.due[own]! += 1 - missed;", ""],
      "near-people-stay": ["sums.due[person]! += itemAt(none, k - of) - missed;", "itemAt(none, k - of);"],
    },
  },
  {
    ...ranking("verification/open_set"),
    file: "eval/verification/open_set.ts",
    changes: {
      "gallery-keeps-who-is-left-out": ["(nearest === left ? next : distance)", "distance"],
    },
  },
  {
    ...ranking("verification/verify_network"),
    file: "eval/verification/verify_network.ts",
    changes: {
      "surest-deviation": ["Math.max(...deviations)", "0"],
      "silence-without-threshold": [
        "{ ...openSet, unmeasured: unmeasuredSearches(kept, metric, openSet.galleries) }",
        "openSet",
      ],
    },
  },
  {
    ...ranking("verification/verify"),
    file: "eval/verification/distance_bins.ts",
    changes: {
      "rounding-below-zero-is-far": ["bits >= 0x80000000 && bits <= 0xff800000 ? 0 :", "bits < 0 ? 0 :"],
    },
  },
  {
    ...ranking("verification/verify"),
    file: "eval/verification/resampled_counts.ts",
    changes: {
      "other-person-once": ["count * own[sample]! * times[from + sample]!", "count * own[sample]!"],
      "last-person-forgotten": ["  if (asking !== undefined) flush(asking);\n", ""],
      "end-is-of-the-next-class": [
        "    table[bin - first] = of;\n    if (bin === ends[of]) of++;",
        "    if (bin === ends[of]) of++;\n    table[bin - first] = of;",
      ],
    },
  },
  {
    ...ranking("color_histogram"),
    file: "eval/color_histogram.ts",
    changes: {
      "sigmas-swapped": [
        "gaussian(width, SIGMA_X), down = gaussian(height, SIGMA_Y)",
        "gaussian(width, SIGMA_Y), down = gaussian(height, SIGMA_X)",
      ],
      "channels-swapped": [
        "(rgb[offset]! >> 5) << 6 | (rgb[offset + 1]! >> 5) << 3",
        "(rgb[offset]! >> 5) << 3 | (rgb[offset + 1]! >> 5) << 6",
      ],
    },
  },
  {
    ...ranking("test_flip"),
    file: "eval/embed.ts",
    changes: { "rows-of-the-first-batch": ["own.set(rows, (from - first) * size)", "own.set(rows, 0)"] },
  },
  {
    ...ranking("share"),
    file: "eval/share_of_rank.ts",
    changes: {
      "units-are-split": ["Math.min(count, unit * Math.ceil(", "Math.min(count, Math.ceil(unit * "],
    },
  },
  {
    ...ranking("share"),
    file: "eval/rerank/distance_rows.ts",
    changes: { "first-queries-on-every-rank": ["[start + range[0], start + range[1]]", "range"] },
  },
  {
    ...ranking("spatial_temporal/travel_times"),
    file: "eval/spatial_temporal/travel_times.ts",
    changes: {
      "order-of-cameras-ignored": [
        "return `${later} after ${earlier}`;",
        "return [later, earlier].sort().join();",
      ],
      "not-normalized": ["curve.map((p) => p / total)", "curve"],
      "deviation-not-squared": ["2 * deviation ** 2", "2 * deviation"],
      "cut-off-early": ["k <= l + reach", "k < l + reach"],
    },
  },
  {
    ...ranking("spatial_temporal/travel_times"),
    file: "eval/spatial_temporal/recording_times.ts",
    changes: { "own-recording-counts-before": [".slice(0, sequence)", ".slice(0, sequence + 1)"] },
  },
  {
    ...ranking("spatial_temporal/joint_rows"),
    file: "eval/spatial_temporal/joint_distance.ts",
    changes: { "distance-for-similarity": ["logistic(1 - angular, LOOK)", "logistic(angular, LOOK)"] },
  },
];

/** Re-ranking. */
export const RERANK_CHANGES: readonly FileChanges[] = [
  {
    area: "reranking",
    tests: ["tests/eval/rerank_test.ts"],
    file: "eval/rerank/reciprocal.ts",
    changes: {
      "k-includes-itself": ["neighbors.of(image, k + 1).filter(", "neighbors.of(image, k).filter("],
      "at-least-two-thirds": ["3 * shared <= 2 * candidates.length", "3 * shared < 2 * candidates.length"],
      "half-rounded-up": ["below % 2 === 0 ? below : below + 1", "below + 1"],
      "sets-grow-while-read": ["among[other] = image;", "among[other] = image + 1;"],
    },
  },
  {
    area: "reranking",
    tests: ["tests/eval/rerank_test.ts"],
    file: "eval/rerank/encoding.ts",
    changes: {
      "weights-not-normalized": ["weight / total", "weight"],
      "distances-not-over-the-farthest": [
        "Math.exp(-distance(images, image, other) / farthest)",
        "Math.exp(-distance(images, image, other))",
      ],
      "expansion-by-k2": ["itemAt(sums, index) / nearest.length", "itemAt(sums, index) / k2"],
    },
  },
  {
    area: "reranking",
    tests: ["tests/eval/rerank_test.ts"],
    file: "eval/rerank/jaccard.ts",
    changes: {
      "larger-ones-sum-to-2": ["1 - sum / (2 - sum)", "1 - sum / 2"],
      "larger-of-each-pair": ["Math.min(value, others[at]!)", "Math.max(value, others[at]!)"],
    },
  },
  {
    area: "reranking",
    tests: ["tests/eval/rerank_test.ts"],
    file: "eval/rerank/rerank.ts",
    changes: {
      "lambda-of-the-other": [
        "(1 - lambda) * jaccard[i]! + lambda * original",
        "lambda * jaccard[i]! + (1 - lambda) * original",
      ],
      "index-of-queries": ["vectors.slice(searched)", "vectors.slice(0, found)"],
      "root-of-squares": ['metric === "angular" ? "angular" : "squared"', "metric"],
      "neighbors-for-k1-alone": ["Math.max(k1, k2 - 1)", "k1"],
    },
  },
  {
    area: "reranking",
    tests: ["tests/eval/rerank_test.ts"],
    file: "eval/rerank/neighbors.ts",
    changes: {
      "ties-before-those-found": ["!(distance < other)", "!(distance <= other)"],
      "farthest-of-the-last-part": ["Math.max(itemAt(farthest, own), distance)", "distance"],
      "images-of-the-first-part": ["part[0] + column", "column"],
    },
  },
];
