/** Random erasing (Zhong, Zheng, Kang, Li & Yang, "Random Erasing Data Augmentation", 2017). */
import type { Random, Rectangle } from "../../engine/mod.ts";

/** Share of the image's area that is erased, from the paper's experiments on re-identification. */
const AREA = { least: 0.02, most: 0.4 };
/** Height over width, likewise. */
const ASPECT = { least: 0.3, most: 1 / 0.3 };
/** Attempts before an image is left unchanged, as in the authors' code. */
const ATTEMPTS = 100;

/**
 * A rectangle within an image: area and aspect are uniform in their ranges and drawn again until it fits, then the
 * position is uniform among those where it fits.
 *
 * @returns An empty rectangle in the rare case that none fitted.
 */
export function drawErased(random: Random, size: { height: number; width: number }): Rectangle {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = random.uniform(AREA.least, AREA.most) * size.height * size.width;
    const aspect = random.uniform(ASPECT.least, ASPECT.most);
    const height = Math.round(Math.sqrt(area * aspect));
    const width = Math.round(Math.sqrt(area / aspect));
    if (height > size.height || width > size.width) continue;
    const top = random.integer(size.height - height + 1);
    const left = random.integer(size.width - width + 1);
    return { top, left, height, width };
  }
  return { top: 0, left: 0, height: 0, width: 0 };
}
