/** Draws random changes for the images of a batch, so that the network never sees the same picture twice. */
import {
  type Augmentation,
  type AugmentedBatch,
  type EraseFill,
  type Random,
  type Rectangle,
  SAME_COLORS,
} from "../../engine/mod.ts";
import { drawColors } from "./color_jitter.ts";
import { drawErased } from "./random_erasing.ts";

/** How strongly images are augmented. */
export interface AugmentationSettings {
  /** Probability of mirroring left to right. */
  readonly flip: number;
  /** Largest shift in each direction, in pixels of the result. */
  readonly shift: number;
  /** Images are scaled by a factor from 1 / (1 + zoom) to 1 + zoom, about their middle; its logarithm is uniform. */
  readonly zoom: number;
  /** Probability of erasing a rectangle. */
  readonly erase: number;
  /** What fills an erased rectangle. */
  readonly eraseFill: EraseFill;
  /** Strength of the changes of color; 0 for none. See {@link drawColors}. */
  readonly colorJitter: number;
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** The settings that all images of a batch share, for images of `source` pixels and a network of `size` pixels. */
export function augmentedBatch(settings: AugmentationSettings, source: Size, size: Size): AugmentedBatch {
  const { zoom, eraseFill: fill } = settings;
  const [down, across] = [source.height / size.height, source.width / size.width];
  const resampled = zoom > 0 || down !== 1 || across !== 1;
  return {
    source,
    size,
    fill,
    ...(resampled && { largestStep: Math.max(down, across) * (1 + zoom) }),
  };
}

/**
 * Draws `count` augmentations. Mirroring and shifting, zooming, colors and erasing each have a separate random stream,
 * so that switching one on leaves the others unchanged. The erased rectangles do not depend on what fills them.
 *
 * @param random Decides all draws; the caller forks it by step.
 */
export function drawAugmentations(
  random: Random,
  count: number,
  settings: AugmentationSettings,
  { source, size }: AugmentedBatch,
): Augmentation[] {
  const { flip, shift, zoom, erase, colorJitter } = settings;
  const [zooming, coloring, erasing] = [random.fork(1), random.fork(2), random.fork(3)];
  const largest = Math.log1p(zoom);
  return Array.from({ length: count }, (): Augmentation => {
    const mirrored = lowBitsFirst(random.uint32()) >= 1 - flip;
    const dx = random.integer(2 * shift + 1) - shift;
    const dy = random.integer(2 * shift + 1) - shift;
    const part = zoom > 0 ? Math.exp(zooming.uniform(-largest, largest)) : 1;
    const colors = colorJitter > 0 ? drawColors(coloring, colorJitter) : SAME_COLORS;
    const erased = erase > 0 && erasing.next() < erase ? drawErased(erasing, size) : NOTHING;
    const noise = erased === NOTHING ? 0 : erasing.integer(2 ** 24);
    return { crop: cropOf(source, size, part, dx, dy), mirrored, colors, erased, noise };
  });
}

const NOTHING: Rectangle = { top: 0, left: 0, height: 0, width: 0 };

/** `part` of the source, about its middle, moved by pixels of the result. */
function cropOf(source: Size, size: Size, part: number, dx: number, dy: number): Rectangle {
  const [height, width] = [source.height * part, source.width * part];
  return {
    top: (source.height - height) / 2 + dy * (height / size.height),
    left: (source.width - width) / 2 + dx * (width / size.width),
    height,
    width,
  };
}

/** A number in [0, 1) from 32 random bits, the lowest as the most significant: it alone decides at one half. */
function lowBitsFirst(bits: number): number {
  return ((bits >>> 1 | bits << 31) >>> 0) / 2 ** 32;
}
