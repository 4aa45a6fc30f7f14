import assert from "node:assert/strict";
import {
  type AugmentationSettings,
  augmentedBatch,
  drawAugmentations,
} from "../../data/augmentation/augmentation.ts";
import { colorMatrix, drawColors, GRAY, LUMA } from "../../data/augmentation/color_jitter.ts";
import { drawErased } from "../../data/augmentation/random_erasing.ts";
import { Random, SAME_COLORS } from "../../engine/mod.ts";

const SIZE = { height: 128, width: 64 };
const DEFAULT: AugmentationSettings = {
  flip: 0.5,
  shift: 4,
  zoom: 0,
  erase: 0,
  eraseFill: "mean",
  colorJitter: 0,
};
const ALL: AugmentationSettings = {
  ...DEFAULT,
  zoom: 0.2,
  erase: 0.5,
  eraseFill: "noise",
  colorJitter: 0.5,
};

const draw = (settings: AugmentationSettings, count = 1000, seed = 1) =>
  drawAugmentations(new Random(seed), count, settings, augmentedBatch(settings, SIZE, SIZE));

Deno.test("drawAugmentations() repeats itself for a seed, and not for another", () => {
  assert.deepEqual(draw(ALL, 50), draw(ALL, 50));
  assert.notDeepEqual(draw(ALL, 50), draw(ALL, 50, 2));
});

Deno.test("the default only mirrors half of the images and shifts them by whole pixels", () => {
  const drawn = draw(DEFAULT);
  for (const { crop, colors, erased } of drawn) {
    assert.deepEqual([crop.height, crop.width], [128, 64]);
    assert.ok(Number.isInteger(crop.top) && Math.abs(crop.top) <= 4, `${crop.top}`);
    assert.ok(Number.isInteger(crop.left) && Math.abs(crop.left) <= 4, `${crop.left}`);
    assert.equal(colors, SAME_COLORS);
    assert.equal(erased.height * erased.width, 0);
  }
  // Each of the 9 × 9 shifts is as likely as the others: 200 of 16,200, and five standard deviations.
  const shifts = Map.groupBy(draw(DEFAULT, 16_200), ({ crop }) => `${crop.top} ${crop.left}`);
  assert.equal(shifts.size, 81);
  for (const [shift, { length }] of shifts) {
    assert.ok(Math.abs(length - 200) < 71, `${length} times ${shift}`);
  }
  assert.equal(augmentedBatch(DEFAULT, SIZE, SIZE).largestStep, undefined);
});

Deno.test("images are mirrored and erased as often as asked", () => {
  const share = (settings: Partial<AugmentationSettings>, of: "mirrored" | "erased") =>
    draw({ ...ALL, ...settings }, 4000).filter((drawn) =>
      of === "mirrored" ? drawn.mirrored : drawn.erased.width > 0
    ).length / 4000;
  for (const probability of [0, 0.2, 0.5, 0.9, 1]) {
    // Four standard deviations of a share of 4000.
    const tolerance = 4 * Math.sqrt(probability * (1 - probability) / 4000);
    assert.ok(Math.abs(share({ flip: probability }, "mirrored") - probability) <= tolerance);
    assert.ok(Math.abs(share({ erase: probability }, "erased") - probability) <= tolerance);
  }
});

Deno.test("switching one kind of augmentation on leaves the others as they were", () => {
  const all = draw(ALL, 100);
  const moves = (drawn: typeof all) => drawn.map(({ mirrored }) => mirrored);
  assert.deepEqual(moves(draw(DEFAULT, 100)), moves(all));
  const erased = draw({ ...DEFAULT, erase: 0.5, eraseFill: "noise" }, 100);
  assert.deepEqual(erased.map((drawn) => drawn.erased), all.map((drawn) => drawn.erased));
  assert.deepEqual(erased.map((drawn) => drawn.noise), all.map((drawn) => drawn.noise));
  const filled = draw({ ...DEFAULT, erase: 0.5, eraseFill: "mean" }, 100);
  assert.deepEqual(filled.map((drawn) => drawn.erased), all.map((drawn) => drawn.erased));
  const colored = draw({ ...DEFAULT, colorJitter: 0.5 }, 100);
  assert.deepEqual(colored.map((drawn) => drawn.colors), all.map((drawn) => drawn.colors));
  const zoomed = draw({ ...DEFAULT, zoom: 0.2 }, 100);
  assert.deepEqual(zoomed.map((drawn) => drawn.crop), all.map((drawn) => drawn.crop));
});

Deno.test("zooming keeps the middle and the proportions, within its range either way", () => {
  const factors = draw({ ...DEFAULT, shift: 0, zoom: 0.25 }).map(({ crop }) => {
    assert.ok(Math.abs(crop.top + crop.height / 2 - 64) < 1e-9);
    assert.ok(Math.abs(crop.left + crop.width / 2 - 32) < 1e-9);
    assert.ok(Math.abs(crop.height / crop.width - 2) < 1e-9);
    return 128 / crop.height;
  });
  assert.ok(factors.every((factor) => factor >= 0.8 && factor <= 1.25));
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  assert.ok(least < 0.81 && most > 1.24, `${least} to ${most}`);
});

Deno.test("a source of another size is resampled as a whole, and shifted by pixels of the result", () => {
  const source = { height: 256, width: 192 };
  const settings = { ...DEFAULT, shift: 1 };
  const batch = augmentedBatch(settings, source, SIZE);
  assert.equal(batch.largestStep, 3);
  for (const { crop } of drawAugmentations(new Random(1), 20, settings, batch)) {
    assert.deepEqual([crop.height, crop.width], [256, 192]);
    assert.ok([-2, 0, 2].includes(crop.top), `${crop.top}`);
    assert.ok([-3, 0, 3].includes(crop.left), `${crop.left}`);
  }
  for (const { erased } of drawAugmentations(new Random(1), 300, { ...settings, erase: 1 }, batch)) {
    assert.ok(
      erased.top + erased.height <= 128 && erased.left + erased.width <= 64,
      "erased are pixels of the result",
    );
  }
});

Deno.test("drawErased() keeps within the image, and within the area and aspect of Zhong et al. 2017", () => {
  const random = new Random(3);
  let [most, least] = [0, 1];
  const borders = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    const { top, left, height, width } = drawErased(random, SIZE);
    assert.ok(top >= 0 && left >= 0 && top + height <= 128 && left + width <= 64);
    if (top === 0) borders.add("top");
    if (left === 0) borders.add("left");
    if (top + height === 128) borders.add("bottom");
    if (left + width === 64) borders.add("right");
    const share = height * width / (128 * 64);
    most = Math.max(most, share);
    least = Math.min(least, share);
    // Sides are rounded to whole pixels: half a pixel of the shorter, which is at least six, and of the longer.
    const aspect = height / width;
    assert.ok(aspect > 0.3 * 0.9 && aspect < 1.1 / 0.3, `${height} × ${width}`);
  }
  assert.ok(least > 0.018 && least < 0.03 && most < 0.41 && most > 0.37, `${least} to ${most}`);
  assert.equal(borders.size, 4, `only ${[...borders]} is ever touched`);
  assert.deepEqual(drawErased(random, { height: 1, width: 1 }).top, 0);
});

Deno.test("colorMatrix() is gain, brightness, contrast, saturation and hue, one after the other", () => {
  const random = new Random(4);
  assert.deepEqual(LUMA, [0.299, 0.587, 0.114]); // ITU-R BT.601.
  const luma = (color: number[]) => color.reduce((sum, value, i) => sum + LUMA[i] * value, 0);
  for (let i = 0; i < 50; i++) {
    const factor = () => random.uniform(0.3, 2);
    const change = {
      gain: [factor(), factor(), factor()] as const,
      brightness: factor(),
      contrast: factor(),
      saturation: factor(),
      hue: random.uniform(-3, 3),
    };
    const color = [random.integer(256), random.integer(256), random.integer(256)];
    const lit = color.map((value, c) => value * change.gain[c] * change.brightness);
    const contrasted = lit.map((value) => GRAY + change.contrast * (value - GRAY));
    const gray = luma(contrasted);
    const saturated = contrasted.map((value) => gray + change.saturation * (value - gray));
    // A turn about (1, 1, 1): the part along it stays, the rest turns in its plane.
    const middle = (saturated[0] + saturated[1] + saturated[2]) / 3;
    const turned = saturated.map((value, c) => {
      const beside = saturated[(c + 1) % 3], opposite = saturated[(c + 2) % 3];
      const [cos, sin] = [Math.cos(change.hue), Math.sin(change.hue)];
      return middle + cos * (value - middle) + sin * (opposite - beside) / Math.sqrt(3);
    });
    const matrix = colorMatrix(change);
    matrix.forEach(([red, green, blue, offset], c) => {
      const value = red * color[0] + green * color[1] + blue * color[2] + offset;
      assert.ok(Math.abs(value - turned[c]) < 1e-9, `${value} in place of ${turned[c]}`);
    });
  }
});

Deno.test("a third of a turn of hue makes red green, and grays stay gray", () => {
  const change = {
    gain: [1, 1, 1] as const,
    brightness: 1,
    contrast: 1,
    saturation: 1,
    hue: 2 * Math.PI / 3,
  };
  const matrix = colorMatrix(change);
  const apply = (r: number, g: number, b: number) =>
    matrix.map((m) => Math.round(m[0] * r + m[1] * g + m[2] * b));
  assert.equal(`${apply(200, 0, 0)}`, "0,200,0");
  assert.equal(`${apply(90, 90, 90)}`, "90,90,90");
});

Deno.test("drawColors() goes further the greater the strength, and nowhere at almost none", () => {
  const spread = (strength: number) => {
    const random = new Random(1);
    const greens = Array.from({ length: 500 }, () => drawColors(random, strength)[1][1]);
    return Math.max(...greens) - Math.min(...greens);
  };
  assert.ok(spread(1e-9) < 1e-8);
  assert.ok(spread(0.5) > 0.5 && spread(1) > 1.5 * spread(0.5), `${spread(0.5)} and ${spread(1)}`);
  // Of a row, the offset alone tells the contrast: from e^-0.4 to e^0.4, as often below 1 as above.
  const random = new Random(2);
  const contrasts = Array.from({ length: 1000 }, () => 1 - drawColors(random, 1)[0][3] / GRAY).sort((a, b) =>
    a - b
  );
  assert.ok(
    contrasts[0] >= 0.6703 && contrasts[0] < 0.68 && contrasts[999] <= 1.4919 && contrasts[999] > 1.48,
  );
  assert.ok(contrasts[450] < 1 && contrasts[550] > 1, `${contrasts[500]}`);
});
