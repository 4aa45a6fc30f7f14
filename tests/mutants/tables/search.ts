import type { FileChanges } from "../mutant.ts";

const search = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Galleries and the exact scan. */
export const SEARCH_CHANGES: readonly FileChanges[] = [
  {
    ...search("search", "search/scan"),
    file: "search/nearest_list.ts",
    changes: {
      "ties-by-arrival-reversed": [
        "a.squared === b.squared && a.position < b.position",
        "a.squared === b.squared && a.position > b.position",
      ],
      "one-too-many": ["this.#found.splice(this.top);", "this.#found.splice(this.top + 1);"],
      "limit-of-the-one-before": ["this.#found[this.top - 1]?.squared", "this.#found[this.top - 2]?.squared"],
      "squared-distances": ["distance: Math.sqrt(squared)", "distance: squared"],
    },
  },
  {
    ...search("search", "search/scan"),
    file: "search/block_scan.ts",
    changes: {
      "f32-decides": ["- error > list.limit) return;", "> list.limit) return;"],
      "first-block-only": ["position: block.first + column", "position: column"],
      "undecided-left-undecided": ["if (candidates >= block.ids.length) return;", "return;"],
      "queries-of-the-first-pass": ["lists.slice(first, first + rows)", "lists.slice(0, rows)"],
    },
  },
  {
    ...search("search", "search/scan"),
    file: "search/exact_distance.ts",
    changes: {
      "error-of-one-vector": ["(a + b) ** 2 +", "a ** 2 +"],
      "flushes-forgotten": [" + 4 * size * LEAST * (1 + a + b)", ""],
      "half-the-rounding": ["const rounded = (size + 4) * ROUNDING;", "const rounded = ROUNDING;"],
    },
  },
  {
    ...search("search", "search/scan"),
    file: "search/vector_blocks.ts",
    changes: {
      "lengths-not-squared": [
        "this.lengths[this.ids.length] = length ** 2;",
        "this.lengths[this.ids.length] = length;",
      ],
      "last-block-forgotten": ["if (open.ids.length > 0) yield open.trimmed();", ""],
      "longest-of-the-last": ["Math.max(this.longest, length)", "length"],
      "blocks-begin-at-0": ["first += columns;", ""],
    },
  },
  {
    ...search("search", "search/scan_gallery"),
    file: "search/scan_gallery.ts",
    changes: {
      "filter-forgotten": ["gallery.vectors(filter)", "gallery.vectors()"],
    },
  },
  {
    ...search("search", "search/gallery"),
    file: "search/filter.ts",
    changes: {
      "unknown-cameras-excluded-too": ["camera is distinct from ${", "camera <> ${"],
      "after-excludes-its-moment": ['bound(after, ">=")', 'bound(after, ">")'],
      "before-includes-its-moment": ['bound(before, "<")', 'bound(before, "<=")'],
      "either-condition": ['conditions.join(" and ")', 'conditions.join(" or ")'],
    },
  },
  {
    ...search("search", "search/gallery"),
    file: "search/gallery.ts",
    changes: {
      "cosine-for-euclidean": [
        "*, embedding <-> ${query} as distance",
        "*, embedding <=> ${query} as distance",
      ],
      "ties-in-any-order": ["order by distance, id`", "order by distance, id desc`"],
      "last-page-lost": ["if (rows.length < pageSize) return;", "if (rows.length <= pageSize) return;"],
      "page-begins-with-the-last": ["id > ${parameters.add(last)}", "id >= ${parameters.add(last)}"],
      "non-finite-accepted": [
        "if (!embedding.every(Number.isFinite)) {",
        "if (embedding.every(Number.isNaN) && embedding.length < 0) {",
      ],
      "limit-of-the-candidates": ["limit ${limit}::integer", "limit ${limit}::integer + 1"],
    },
  },
  {
    ...search("search", "search/gallery"),
    file: "search/insert_images.ts",
    changes: {
      "first-of-an-id-counts": [
        "new Map(images.map((image) => [image.id, image]))",
        "new Map(images.toReversed().map((image) => [image.id, image]))",
      ],
      "others-replaced-without-a-word": [
        "where $2::boolean or ${sameImage(",
        "where true or $2::boolean or ${sameImage(",
      ],
      "never-replaced": ["where $2::boolean or", "where not $2::boolean and"],
      "replaced-count-as-added": ["outcome.filter((row) => row.added).length", "outcome.length"],
      "camera-of-the-replaced": ["camera = excluded.camera, frame", "frame"],
      "refused-ones-forgotten": ["if (refused.length > 0) {", "if (refused.length > 3) {"],
    },
  },
  {
    ...search("search", "search/gallery", "cli/gallery_ids"),
    file: "search/placement.ts",
    changes: {
      "any-vector-is-the-same": ["<= ${ROUNDING} * vector_norm", ">= ${-ROUNDING} * vector_norm"],
      "paths-not-compared": ["then ${given}.path = ${held}.path\n", "then ${given}.id = ${held}.id\n"],
    },
  },
  {
    ...search("search", "search/moment"),
    file: "search/moment.ts",
    changes: {
      "30th-of-february": ["if (day < 1 || day > days)", "if (day < 1 || day > 31)"],
      "month-before": ["date.setUTCFullYear(year, month - 1, day)", "date.setUTCFullYear(year, month, day)"],
      "zone-the-other-way": ['zone?.startsWith("-") ? -1 : 1', 'zone?.startsWith("-") ? 1 : -1'],
      "local-time": [
        "date.setUTCHours(hour,",
        "date.setHours(hour,",
        "it is the same on a machine whose clock is set to UTC, as those that run the tests are",
      ],
      "noon-is-midnight": ["hour = hour % 12 + (half", "hour = hour + (half"],
      "hour-24": ["if (hour > 23)", "if (hour > 24)"],
      "second-60": ["if (number(unit) > 59)", "if (number(unit) > 60)"],
      "eight-digits-are-a-frame": [
        "[8, 12, 14, 17].includes(frame.length)",
        "[12, 14, 17].includes(frame.length)",
      ],
      "milliseconds-as-seconds": [
        "digits.length === 13 ? Number(digits) / 1000 : 0",
        "digits.length === 13 ? Number(digits) : 0",
      ],
      "fraction-of-two-digits": ['.padEnd(3, "0").slice(0, 3)', '.padStart(3, "0").slice(0, 3)'],
      "leap-years-of-julius": [
        "Date.UTC(2000 + year % 400, month, 0)",
        "Date.UTC(2000 + year % 4, month, 0)",
      ],
    },
  },
  {
    ...search("search", "search/gallery"),
    file: "search/model_record.ts",
    changes: {
      "mirror-images-not-compared": ["if (gallery.flip === model.flip) return;", "return;"],
      "other-network-of-the-same-size": [
        "gallery.identity === model.identity && gallery.dimension",
        "gallery.dimension",
      ],
      "any-version-accepted": [
        "if (row.schema_version !== SCHEMA_VERSION) {",
        "if (row.schema_version < 0) {",
      ],
    },
  },
  {
    ...search("search", "search/gallery"),
    file: "search/vector_format.ts",
    changes: {
      "digits-lost": ["x.toPrecision(9)", "x.toPrecision(7)"],
      "little-endian": ["view.getFloat32(4 + 4 * i)", "view.getFloat32(4 + 4 * i, true)"],
    },
  },
  {
    ...search("search", "search/page"),
    file: "search/page/page.ts",
    changes: { "ranks-from-0": ["await card(image, i + 1)", "await card(image, i)"] },
  },
];

/** Web pages and their server. */
export const WEB_CHANGES: readonly FileChanges[] = [
  {
    ...search("web", "web/serve"),
    file: "web/serve.ts",
    changes: {
      "any-name-of-a-host": [
        'if (hostname !== HOST && hostname !== "localhost") return',
        'if (hostname === "") return',
      ],
      "links-lead-outside": ["path === undefined || !path.startsWith(root + sep)", "path === undefined"],
      "beside-the-folder": ["!path.startsWith(root + sep)", "!path.startsWith(root)"],
      "hidden-files": ["/^\\.|[/\\\\\\0]/.test(segment)", "/[/\\\\\\0]/.test(segment)"],
      "post-accepted": ['request.method !== "GET" && request.method !== "HEAD"', 'request.method === "PUT"'],
      "head-with-a-body": [
        'if (request.method === "HEAD") return new Response(null, { headers: sized });',
        "",
      ],
      "old-pages-stay": [
        'if (request.headers.get("if-none-match") === etag)',
        'if (request.headers.has("if-none-match"))',
      ],
      "other-machines": ["Deno.serve({ hostname: HOST, port", 'Deno.serve({ hostname: "0.0.0.0", port'],
      "types-guessed": ['"x-content-type-options": "nosniff",', ""],
      "scripts-of-others": [
        "\"script-src 'self' 'wasm-unsafe-eval'\"",
        "\"script-src * 'wasm-unsafe-eval'\"",
      ],
    },
  },
  {
    ...search("web", "web/search_view"),
    file: "web/pages/search/ranking.ts",
    changes: {
      "same-camera-stays": ["if (right && camera === query?.camera) continue;", ""],
      "farthest-first": ["a.distance - b.distance || a.index", "b.distance - a.distance || a.index"],
      "ties-by-index-reversed": ["|| a.index - b.index", "|| b.index - a.index"],
      "distractors-are-right": [
        "known === undefined ? undefined : person === known",
        "known === undefined ? undefined : person === known || person === undefined",
      ],
    },
  },
  {
    ...search("web", "web/search_view"),
    file: "web/gallery_choice.ts",
    changes: {
      "queries-nobody-else-shows": [
        "some(({ camera }) => camera !== image.camera)",
        "some(({ camera }) => camera === image.camera)",
      ],
      "several-of-one-person": ["if (elsewhere && !firsts.has(image.identity))", "if (elsewhere)"],
      "the-first-people": ["Math.floor(i * items.length / taken)", "i"],
      "right-matches-left-out": ["new Set([...sought, ...others])", "new Set([...others])"],
    },
  },
];
