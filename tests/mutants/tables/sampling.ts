import type { FileChanges } from "../mutant.ts";

const data = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Batches and augmentation. */
export const SAMPLING_CHANGES: readonly FileChanges[] = [
  {
    ...data("samplers", "data/samplers"),
    file: "data/deck.ts",
    changes: {
      "never-shuffled": ["this.#random.shuffle(items);", ""],
      "an-item-twice-in-a-deal": ["if (rest.includes(item)) continue;", ""],
      "dealt-once-and-again": ["this.#next = missing;", "this.#next = 0;"],
    },
  },
  {
    ...data("samplers", "data/samplers"),
    file: "data/triplet_sampler.ts",
    changes: {
      "anchor-as-its-positive": [
        "other === anchor ? itemAt(same, same.length - 1) : other",
        "other",
      ],
      "last-image-never-positive": ["itemAt(same, same.length - 1) : other", "itemAt(same, 0) : other"],
      "negative-of-the-same-person": ["position < start ? position : position + same.length", "position"],
      "negatives-before-the-person-alone": [
        "random.integer(byClass.length - same.length)",
        "random.integer(Math.max(1, start))",
      ],
      "single-images-as-anchors": ["imagesLike(image).length > 1", "imagesLike(image).length > 0"],
    },
  },
  {
    ...data("samplers", "data/samplers"),
    file: "data/pk_sampler.ts",
    changes: {
      "one-image-k-times": [
        "deck.deal(Math.min(deck.size, k - filled))",
        "new Int32Array(Math.min(deck.size, k - filled)).fill(deck.deal(1)[0])",
      ],
      "all-people-too-many": ["if (p > classes) {", "if (p >= classes) {"],
      "slots-overlap": ["slot * k + filled", "slot + filled"],
      "people-with-k-images-are-few": ["images.length < k).length", "images.length <= k).length"],
    },
  },
  {
    ...data("samplers", "data/samplers"),
    file: "data/sampler.ts",
    changes: {
      "every-epoch-the-same": ["root.fork(number)", "root.fork(0)"],
      "incomplete-batch-counts": [
        "Math.max(1, Math.floor(images.length",
        "Math.max(1, Math.ceil(images.length",
      ],
      "epochs-depend-on-those-before": [
        "draw(root.fork(number), batchesPerEpoch)",
        "draw(root, batchesPerEpoch)",
      ],
      "identities-for-labels": ["drawn.map((image) => itemAt(labels, image))", "drawn"],
    },
  },
  {
    ...data("samplers", "data/samplers"),
    file: "data/identity_index.ts",
    changes: {
      "classes-in-order-of-appearance": [".sort(([a], [b]) => a - b)", ""],
      "unusable-images-drawn": ["usable?.[image] ?? true", "true"],
    },
  },
  {
    ...data("samplers", "train/augmentation"),
    file: "train/from_options.ts",
    changes: {
      "every-step-augmented-alike": ["fork(STREAM.augmentation, step)", "fork(STREAM.augmentation)"],
      "seed-ignored": [
        "new Random(options.seed).fork(STREAM.augmentation",
        "new Random(1).fork(STREAM.augmentation",
      ],
      "one-stream-for-weights-and-augmentation": ["augmentation: 3", "augmentation: 1"],
    },
  },
  {
    ...data("augmentation", "data/augmentation"),
    file: "data/augmentation/augmentation.ts",
    changes: {
      "mirrored-as-rarely-as-asked": [
        "lowBitsFirst(random.uint32()) >= 1 - flip",
        "lowBitsFirst(random.uint32()) >= flip",
      ],
      "never-shifted-to-the-end": [
        "const dx = random.integer(2 * shift + 1) - shift;",
        "const dx = random.integer(2 * shift || 1) - shift;",
      ],
      "diagonal-shifts": ["const dy = random.integer(2 * shift + 1) - shift;", "const dy = dx;"],
      "zooms-in-only": ["zooming.uniform(-largest, largest)", "zooming.uniform(-largest, 0)"],
      "one-stream-for-zoom-and-color": [
        "random.fork(1), random.fork(2), random.fork(3)",
        "random, random.fork(2), random.fork(3)",
      ],
      "shift-by-pixels-of-the-source": ["dy * (height / size.height)", "dy"],
      "about-the-corner": ["(source.height - height) / 2 +", ""],
      "erased-of-the-source": ["drawErased(erasing, size)", "drawErased(erasing, source)"],
    },
  },
  {
    ...data("augmentation", "data/augmentation"),
    file: "data/augmentation/random_erasing.ts",
    changes: {
      "width-over-height": ["Math.sqrt(area * aspect)", "Math.sqrt(area / aspect)"],
      "never-at-the-bottom": [
        "random.integer(size.height - height + 1)",
        "random.integer(Math.max(1, size.height - height))",
      ],
      "clipped-instead-of-drawn-again": [
        "if (height > size.height || width > size.width) continue;",
        "if (height > size.height) continue;",
      ],
      "side-for-area": [
        "random.uniform(AREA.least, AREA.most) *",
        "random.uniform(AREA.least, AREA.most) ** 2 *",
      ],
    },
  },
  {
    ...data("augmentation", "data/augmentation"),
    file: "data/augmentation/color_jitter.ts",
    changes: {
      "blue-as-bright-as-red": ["[0.299, 0.587, 0.114]", "[0.114, 0.587, 0.299]"],
      "contrast-about-black": ["GRAY * (1 - contrast)", "0 * (1 - contrast)"],
      "hue-the-other-way": ["Math.sin(angle) / Math.sqrt(3)]", "-Math.sin(angle) / Math.sqrt(3)]"],
      "saturation-after-hue": [
        "product(rotation(hue), saturate(saturation))",
        "product(saturate(saturation), rotation(hue))",
      ],
      "gain-of-red-everywhere": [
        "b * contrast * brightness * gain[2]",
        "b * contrast * brightness * gain[0]",
      ],
      "factors-not-logarithms": ["Math.exp(within(reach))", "1 + within(reach)"],
    },
  },
  {
    ...data("augmentation", "engine/augment"),
    file: "engine/ops/augment.ts",
    changes: {
      "corner-for-middle": ["crop.top + 0.5 * down - 0.5", "crop.top"],
      "mirrored-half-a-pixel-off": ["size.width - 0.5 : 0.5", "size.width - 1 : 0.5"],
      "height-for-end-of-the-erased": ["erased.top + erased.height", "erased.height"],
    },
  },
];
