import type { FileChanges } from "../mutant.ts";

const data = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Pictures, their cache, and reading ahead. */
export const PICTURE_CHANGES: readonly FileChanges[] = [
  {
    ...data("decoding", "data/picture_cases", "data/decode_matrix"),
    filter: "/upright|exifOrientation/",
    file: "data/images/orientation.ts",
    changes: {
      "quarter-turns-the-other-way": [
        "[2, 3, 7, 8].includes(orientation)",
        "[2, 3, 6, 7].includes(orientation)",
      ],
      "upside-down-only-mirrored": ["[3, 4, 6, 7].includes(orientation)", "[4, 6, 7].includes(orientation)"],
      "size-as-stored": ["turned ? [rows, columns] : [columns, rows]", "[columns, rows]"],
      "transposed-not-turned": ["const turned = orientation >= 5;", "const turned = orientation > 5;"],
      "big-endian-always": [
        'const little = startsWith(tiff, "II*\\0");',
        'const little = startsWith(tiff, "II*\\0") && tiff.length < 8;',
      ],
      "entries-without-their-count": ["directory + 2 + 12 * i", "directory + 12 * i"],
      "value-of-another-entry": ["view, entry + 8, little)", "view, entry + 4, little)"],
      "nine-is-an-orientation": ["value >= 1 && value <= 8", "value >= 1 && value <= 9"],
      "last-row-first-pixel": [
        "(columnStep < 0 ? (columns - 1) * channels : 0)",
        "(columnStep < 0 ? columns * channels : 0)",
      ],
    },
  },
  {
    ...data("decoding", "data/picture_cases", "data/decode_image"),
    file: "data/images/image_decoder.ts",
    changes: {
      "orientation-forgotten": ["return upright(await stored, header.orientation);", "return await stored;"],
      "ink-inverted": [
        "Math.round((255 - cmyk[from + ink]!) * light)",
        "Math.round(cmyk[from + ink]! * light)",
      ],
      "black-ink-forgotten": [
        "const light = 1 - cmyk[from + 3]! / 255;",
        "const light = 1 - 0 * cmyk[from + 3]!;",
      ],
      "cut-data-accepted": ["if (mayBeCut(image, header)) {", "if (image.width < 0) {"],
    },
  },
  {
    ...data("decoding", "data/picture_cases", "data/decode_matrix"),
    file: "data/images/jpeg_file.ts",
    changes: {
      "adobe-before-jfif": ["  if (jfif) return 1;\n", ""],
      "ids-of-colors-ignored": ['String.fromCharCode(...ids) === "RGB" ? 0 : 1', "1"],
      "plain-cmyk-as-ycck": ["(adobe ?? 0) === 0 ? 0 : 2", "adobe === 0 ? 0 : 2"],
      "no-standard-tables": ["progressive ? [] : [STANDARD_HUFFMAN_TABLES]", "[]"],
      "height-and-width-swapped": ["width: left! << 8 | right,", "width: high! << 8 | low!,"],
      "last-exif-block-counts": [
        "orientation ??= exifOrientation(data)",
        "orientation = exifOrientation(data)",
      ],
      "thumbnails-orientation": ["} else if (scanned.size > 0) {", "} else if (scanned.size > 99) {"],
      "missing-components-accepted": ["if (absent >= 0) {", "if (absent > 3) {"],
      "segment-longer-than-the-file": [
        "if (at > bytes.length || start + 4 > bytes.length)",
        "if (start + 4 > bytes.length)",
        "no marker follows such a segment, which is the same error",
      ],
      "sixteen-bits-accepted": ["if (bits !== 8)", "if (bits! < 8)"],
    },
  },
  {
    ...data("decoding", "data/picture_cases", "data/decode_matrix"),
    file: "data/images/png_file.ts",
    changes: {
      "key-color-turns-black": [
        '["IHDR", "PLTE", "IDAT", "IEND"]',
        '["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]',
      ],
      "palette-forgotten": ['["IHDR", "PLTE", "IDAT", "IEND"]', '["IHDR", "IDAT", "IEND"]'],
      "checksum-as-exif": ["exif.subarray(8, -4)", "exif.subarray(4, -4)"],
      "chunks-without-checksum": ["end = at + 12 + length", "end = at + 8 + length"],
      "second-header-accepted": [
        '} else if (type === "IHDR") {',
        '} else if (type === "IHDR" && length !== 13) {',
      ],
      "empty-picture-accepted": ["if (!filled) throw", "if (!filled && parts.length === 0) throw"],
    },
  },
  {
    ...data("decoding", "data/pixels"),
    file: "data/pixel_cache.ts",
    changes: { "version-not-in-the-fingerprint": ["[PIXELS_VERSION, height, width]", "[height, width]"] },
  },
  {
    ...data("maps", "data/cell_map"),
    file: "data/images/cell_map.ts",
    changes: {
      "rows-and-columns-swapped": ["triangleWeights(columns, width)", "triangleWeights(rows, width)"],
      "sign-forgotten": ["blueOrange(value / limit)", "blueOrange(Math.abs(value) / limit)"],
      "image-in-color": ["const at = i - i % 3;", "const at = i;"],
      "division-by-zero": ["return largest || 1;", "return largest;"],
      "columns-summed": ["row * columns, (row + 1) * columns", "row * rows, (row + 1) * rows"],
    },
  },
  {
    ...data("maps", "data/cell_map"),
    file: "data/images/color_scales.ts",
    changes: {
      "beyond-the-ends": ["Math.min(1, Math.max(0, share))", "share"],
      "steps-without-colors-between": ["part = position - from;", "part = 0;"],
    },
  },
  {
    ...data("resize", "data/decode_image", "data/pixels"),
    filter: "/resize/",
    file: "data/images/resize.ts",
    changes: {
      "truncated": ["sums.fill(0.5);", "sums.fill(0);"],
      "aliased": ["const support = Math.max(1, scale);", "const support = 1;"],
      "half-a-pixel-off": ["(i + 0.5) * scale - 0.5", "i * scale"],
      "weights-not-normalized": ["height(pixel) / sum", "height(pixel) / support"],
      "table-of-another-size": ["const key = `${source}>${result}`;", "const key = `${source}`;"],
      "blue-of-green": ["blue = channels === 1 ? 0 : 2", "blue = channels === 1 ? 0 : 1"],
      "width-for-height": ["triangleWeights(sourceHeight, height)", "triangleWeights(sourceWidth, height)"],
      "last-tap-forgotten": ["tap < down.taps; tap++", "tap < down.taps - 2; tap++"],
    },
  },
  {
    ...data("pixels", "data/pixels"),
    file: "data/pixel_cache.ts",
    changes: {
      "size-not-in-the-fingerprint": [
        "JSON.stringify([PIXELS_VERSION, height, width])",
        "JSON.stringify([PIXELS_VERSION])",
      ],
      "changes-of-files-not-seen": [
        "JSON.stringify([path, size, mtime?.getTime() ?? null, ctime?.getTime() ?? null])",
        "JSON.stringify([path])",
      ],
      "longer-file-accepted": [
        "|| size !== pixelBytes + length + end.length",
        "",
        "in a file of another length something else than the trailer's JSON is where it is looked for",
      ],
      "cache-of-other-files-accepted": ["trailer.fingerprint === expected.fingerprint && ", ""],
      "stays-unfinished": ["Deno.renameSync(this.#temporary, this.#path);", ""],
      "short-read-accepted": [
        "if (read === null) throw new Error(`the file ends ${out.length - done} bytes early`);",
        "if (read === null) return;",
      ],
    },
  },
  {
    ...data("pixels", "data/pixels"),
    file: "data/pixels.ts",
    changes: {
      "one-failure-too-many": [
        "failed.length <= 0.01 * files",
        "failed.length <= 0.02 * files",
      ],
      "broken-image-as-black": ["if (this.usable[index] !== true) {", "if (index < 0) {"],
      "not-padded": ["Math.ceil(height * width * 3 / 4) * 4", "height * width * 3"],
      "order-of-the-list-ignored": [
        "out.set(this.#pixels.subarray(index * stride, (index + 1) * stride), i * stride)",
        "out.set(this.#pixels.subarray(i * stride, (i + 1) * stride), i * stride)",
      ],
    },
  },
  {
    ...data("pixels", "data/prefetch"),
    file: "data/prefetch.ts",
    changes: {
      "one-more-ahead": [
        "while (queue.length <= ahead) begin();",
        "while (queue.length <= ahead + 1) begin();",
      ],
      "several-at-a-time": [
        "const prepared = latest.then(async () => {",
        "const prepared = Promise.resolve().then(async () => {",
      ],
      "left-before-the-end": ["await latest.catch(() => {});", ""],
    },
  },
  {
    ...data("pixels", "data/decode_pool"),
    file: "data/images/decode_pool.ts",
    changes: {
      "late-image-never-answered": ["this.#held.shift()?.resolve({ reason });", "this.#held.shift();"],
    },
  },
  {
    ...data("pixels", "data/unfinished"),
    file: "data/unfinished.ts",
    changes: {
      "removed-while-others-write": ["if (abandoned.tryLockSync(true)) Deno.removeSync", "Deno.removeSync"],
      "others-files-removed": ["|| !TEMPORARY.test(name.slice(prefix.length))", ""],
    },
  },
];
