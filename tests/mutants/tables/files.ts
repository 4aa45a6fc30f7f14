import type { FileChanges } from "../mutant.ts";

const files = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Exported networks. */
export const EXPORT_CHANGES: readonly FileChanges[] = [
  {
    ...files("export", "export/onnx"),
    filter: "relative: options",
    file: "export/onnx/network.ts",
    changes: {
      "pads-as-pytorch-orders-them": [
        "pads: [pads.top, pads.left, pads.bottom, pads.right]",
        "pads: [pads.left, pads.right, pads.top, pads.bottom]",
      ],
      "channels-last": ["perm: [0, 3, 1, 2]", "perm: [0, 3, 2, 1]"],
      "scaled-to-1-twice": ["1 / (255 * d)", "1 / (255 * 255 * d)"],
      "mean-of-bytes": ["-itemAt(mean, c) / d", "-itemAt(mean, c)"],
      "relu6-after-the-projection-too": ['if (layer.part !== "project") x', 'if (layer.part !== "expand") x'],
      "residual-of-the-first-block": ["if (layer.startsBlock) block = x;", ""],
      "always-of-length-one": ["const unit = normalize && spec.normalize;", "const unit = spec.normalize;"],
      "never-of-length-one": ["const unit = normalize && spec.normalize;", "const unit = false;"],
    },
  },
  {
    ...files("export", "export/onnx"),
    filter: "relative: heads",
    file: "export/onnx/network.ts",
    changes: {
      "neck-not-folded": [
        "const folded = norm && foldNorm(weight, norm);",
        "const folded = undefined as ReturnType<typeof foldNorm> | undefined;",
      ],
      "features-before-and-after-swapped": [
        'testFeature === "after" ? normOf',
        'testFeature === "before" ? normOf',
      ],
      "neck-without-its-mean": ["[centered.name, scale]", "[features.name, scale]"],
    },
  },
  {
    ...files("export", "export/onnx"),
    filter: "relative: options",
    file: "export/onnx/graph.ts",
    changes: {
      "batch-of-one": ["[{ dimParam: BATCH }, ...shape", "[{ dimValue: 1 }, ...shape"],
      "format-of-no-version": ["irVersion: FORMAT_OF_OPSET[opset]", "irVersion: 99"],
    },
  },
  {
    ...files("export", "export/torchvision"),
    file: "export/torchvision.ts",
    changes: {
      "linear-not-transposed": ["(i % rows) * columns + Math.floor(i / rows)", "i"],
      "count-of-batches-forgotten": ['tensors.set(counter, { dtype: "I64", shape: [], data: count });', ""],
      "count-as-float": ['dtype: "I64", shape: []', 'dtype: "I64", shape: [1]'],
      "any-padding-is-torchvisions": ['if (padding === "symmetric") return undefined;', "return undefined;"],
    },
  },
  {
    ...files("export", "export/torchvision"),
    file: "export/description.ts",
    changes: {
      "momentum-of-the-past": ["(1 - spec.momentum).toPrecision(12)", "spec.momentum.toPrecision(12)"],
    },
  },
];

/** Model files, and the maps of a report. */
export const MODEL_FILE_CHANGES: readonly FileChanges[] = [
  {
    ...files("model-file", "model/trained_model"),
    filter: "/in f16/",
    file: "model/trained_model.ts",
    changes: {
      "batch-norms-rounded-too": [
        'name.endsWith(".weight") ? inHalf(name, tensor) : tensor',
        "inHalf(name, tensor)",
      ],
      "infinite-weights": ["(bits & 0x7fff) >= 0x7c00", "bits >= 0xffff"],
    },
  },
  {
    ...files("model-file", "train/report"),
    filter: "/maps/",
    file: "train/report/retrieval_maps.ts",
    changes: {
      "parts-of-the-query-in-numbers": ["mapOf(match, of.match)", "mapOf(match, of.query)"],
      "one-pixel-a-cell": ["const PIXELS = 4;", "const PIXELS = 1;"],
    },
  },
];

/** Vectors on disk. */
export const EMBED_CHANGES: readonly FileChanges[] = [
  {
    ...files("embed", "eval/test_flip"),
    file: "model/embedder.ts",
    changes: {
      "sum-of-views": ["view[i]! / views.length", "view[i]!"],
      "mirror-image-forgotten": ["mirrored: all(MIRRORED)", "mirrored: all(UNMOVED)"],
      "mean-not-of-length-one": [
        "if (views.length > 1 && this.model.spec.normalize)",
        "if (views.length > 2)",
      ],
    },
  },
  {
    ...files("embed", "model/cosine_parts"),
    file: "model/cosine_parts.ts",
    changes: {
      "not-scaled": ["1 / (q.length * m.length)", "1"],
      "cells-of-the-other": ["scale * size / match.length", "scale * size / query.length"],
      "own-embedding": ["projections(query, m.mean", "projections(query, q.mean"],
      "half-a-cell": ["length > 0 && length % size === 0", "length > 0"],
    },
  },
  {
    ...files("embed", "model/cosine_parts"),
    file: "model/cell_embedder.ts",
    changes: {
      "channels-for-cells": ["sum(abs(map), -1)", "sum(abs(map), [1, 2])"],
      "cells-of-the-first-image": ["values.slice(image * each, (image + 1) * each)", "values.slice(0, each)"],
    },
  },
  {
    ...files("embed", "embed/embed_images"),
    file: "embed/embed_images.ts",
    changes: {
      "failed-images-have-rows": [
        "round.pixels.set(decoded.pixels, round.rows++ * stride);",
        "round.pixels.set(decoded.pixels, round.reasons.length * stride), round.rows++;",
      ],
      "last-round-forgotten": ["if (round.images.length > 0) yield round;", ""],
      "views-of-one-buffer": [
        "vectors.slice(row * embeddingSize, ++row * embeddingSize)",
        "vectors.subarray(0, embeddingSize)",
      ],
    },
  },
  {
    ...files("embed", "embed/write_vectors"),
    file: "embed/embed_images.ts",
    changes: {
      "only-this-rank-stops": ["parts.some(({ stop }) => stop)", "stopRequested()"],
      "every-rank-decodes-all": ["% ranks.size === ranks.rank", ">= 0"],
    },
  },
  {
    ...files("embed", "embed/embed_images"),
    file: "embed/in_order.ts",
    changes: {
      "one-fewer-ahead": ["if (started.length > ahead)", "if (started.length >= ahead)"],
      "newest-first": ["yield* started.splice(0, 1);", "yield* started.splice(-1, 1);"],
    },
  },
  {
    ...files("embed", "embed/formats"),
    file: "embed/npy.ts",
    changes: {
      "big-endian-length": [
        "setUint16(MAGIC.length, start - before, true)",
        "setUint16(MAGIC.length, start - before, false)",
      ],
      "fortran-order": [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (${",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (${",
      ],
      "not-aligned": [
        "Math.ceil((before + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT",
        "before + dictionary.length + 1 + (before + dictionary.length + 1) % 4 * 0 + (4 - (before + dictionary.length + 1) % 4) % 4",
      ],
    },
  },
  {
    ...files("embed", "embed/formats"),
    file: "embed/jsonl.ts",
    changes: { "digits-lost": ["const DIGITS = 9;", "const DIGITS = 6;"] },
  },
  {
    ...files("embed", "embed/manifest"),
    file: "embed/manifest.ts",
    changes: {
      "any-version-accepted": ["if (format !== FORMAT) throw", "if (format === undefined) throw"],
      "outside-of-the-folder": ['["", ".", ".."].includes(part)', '["", "."].includes(part)'],
      "shards-out-of-order": ["shard.index <= shards[i - 1].index", "shard.index < shards[i - 1].index - 1"],
      "one-shard-too-many": ["shard.index < shardCount(of)", "shard.index <= shardCount(of)"],
    },
  },
  {
    ...files("embed", "embed/write_vectors"),
    file: "embed/write_vectors.ts",
    changes: {
      "damaged-shards-stay": [
        "if (read !== undefined) whole.push(shard);",
        "whole.push(shard);",
      ],
      "finished-shards-embedded-again": [
        "return !before.has(shard);",
        "return true;",
      ],
      "tracklets-as-images": [
        "if (tracklets) rows = meansOfTracklets",
        "if (tracklets && of.flip) rows = meansOfTracklets",
      ],
      "other-network-continued": ['found.model !== wanted.model ? "another network" : ""', '""'],
      "other-images-continued": [
        "found.images !== wanted.images || found.fingerprint !== wanted.fingerprint",
        "found.images !== wanted.images",
      ],
      "none-is-a-success": ["if (finished && vectors === 0) {", "if (finished && vectors < 0) {"],
    },
  },
  {
    ...files("embed", "embed/write_vectors"),
    file: "embed/tracklets.ts",
    changes: {
      "not-by-time": ["timeOf(a) - timeOf(b)", "timeOf(b) - timeOf(a)"],
      "images-alone-together": ["image.tracklet !== undefined && last[0]?.tracklet", "last[0]?.tracklet"],
      "spread-of-the-sum": [", 0) / group.length;", ", 0);"],
    },
  },
  {
    ...files("embed", "embed/write_vectors"),
    file: "embed/image_list.ts",
    changes: {
      "shards-cut-tracklets": ["if (this.starts === undefined) {", "if (this.starts !== undefined) {"],
    },
  },
  {
    ...files("embed", "embed/write_vectors"),
    file: "embed/image_files.ts",
    changes: {
      "last-line-without-end-forgotten": [
        'if (withoutReturn(rest) !== "") yield await image(withoutReturn(rest));',
        "",
      ],
      "links-followed": ["else if (isSymlink && await leadsToFolder(join(root, below))) passed.links++;", ""],
      "order-of-the-disk": [
        ".sort((a, b) => a.name < b.name ? -1 : 1)",
        ".sort((a, b) => a.name < b.name ? 1 : -1)",
      ],
    },
  },
  {
    ...files("embed", "embed/image_files"),
    file: "embed/image_files.ts",
    changes: {
      "unicode-as-the-disk-has-it": ['id.replaceAll(sep, "/").normalize("NFC")', 'id.replaceAll(sep, "/")'],
      "beside-the-working-directory": [
        "path.startsWith(here) ? path.slice(here.length) : path",
        "path.startsWith(here.slice(0, -1)) ? path.slice(here.length) : path",
      ],
      "ids-through-links": [
        "await Deno.realPath(folder).catch(() => resolve(folder))",
        "resolve(await Promise.resolve(folder))",
      ],
      "lists-in-one-form-only": ['[path, path.normalize("NFC"), path.normalize("NFD")]', "[path]"],
    },
  },
];
