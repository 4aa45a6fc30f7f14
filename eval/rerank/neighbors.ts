/**
 * The nearest images of every image, and its farthest: all that re-ranking has to know of the distances of all images
 * to all. They are computed on the GPU block by block and stay there.
 */
import {
  constant,
  type Device,
  f32,
  farthestDistance,
  gramDistance,
  nearestOthers,
  pickColumns,
  Program,
} from "../../engine/mod.ts";
import { type Metric, NONE } from "../../kernels/mod.ts";
import { columnParts, type Range, ranges, type RerankBudget, rowsFrom, rowsOfBlock } from "./blocks.ts";

/** Embeddings [n, size] of all images, and how they are compared. */
export interface Images {
  readonly embeddings: Float32Array;
  readonly count: number;
  /** Length of an embedding. */
  readonly size: number;
  readonly metric: Metric;
}

/** Every image's list of neighbors. */
export class Neighbors {
  /**
   * @param lists [n, width]: of every image itself, then the others from the nearest on, of equals that of lowest
   *   index first. An image is its own first neighbor even where others are at distance 0 as well.
   * @param farthest the largest distance of every image, at least 0.
   */
  constructor(readonly lists: Int32Array, readonly width: number, readonly farthest: Float32Array) {}

  /** The images. */
  get count(): number {
    return this.farthest.length;
  }

  /** The first `count` of an image's list, itself among them, or as many as there are. */
  of(image: number, count: number): Int32Array {
    return this.lists.subarray(image * this.width, image * this.width + Math.min(count, this.width));
  }
}

/**
 * Finds the `nearest` images nearest to every image, beside itself.
 *
 * @param onRows is told how many more rows of distances were computed, and the GPU memory held, in bytes.
 * @throws {RangeError} if a distance is not finite.
 */
export async function findNeighbors(
  device: Device,
  images: Images,
  nearest: number,
  budget: RerankBudget,
  onRows: (rows: number, gpuBytes: number) => void,
): Promise<Neighbors> {
  const { embeddings, count, size } = images;
  const width = 1 + Math.min(nearest, count - 1);
  const lists = new Int32Array(count * width);
  const farthest = new Float32Array(count);
  const distances = new Float32Array(count * width).fill(Infinity);
  for (let image = 0; image < count; image++) {
    lists[image * width] = image;
    distances[image * width] = -1;
  }
  const parts = columnParts(count, size, budget);
  const rows = rowsOfBlock(count, Math.max(...parts.map(([from, to]) => to - from)), budget);
  for (const part of parts) {
    const found = Math.max(1, Math.min(nearest, part[1] - part[0]));
    const program = await recordPart(device, images, part, rows, found);
    try {
      const waiting: Promise<void>[] = [];
      for (const block of ranges(count, rows)) {
        const { outputs } = await program.submit({
          embeddings: rowsFrom(embeddings, block, size, rows),
          self: Float32Array.from({ length: rows }, (_, row) => 1 + block[0] + row),
        });
        const taken = outputs.then((out) => {
          for (let row = 0, image = block[0]; image < block[1]; row++, image++) {
            if (!Number.isFinite(out.farthest[row])) throw notFinite(image);
            farthest[image] = Math.max(farthest[image], out.farthest[row]);
            const list = { images: lists, distances, first: image * width, end: (image + 1) * width };
            for (let i = row * found; i < (row + 1) * found; i++) {
              if (out.nearest[i] === NONE) break;
              if (!insert(list, part[0] + out.nearest[i], out.distances[i])) break;
            }
          }
          onRows(block[1] - block[0], program.memory.total);
        });
        taken.catch(() => {}); // It is thrown below, unless submitting throws before.
        waiting.push(taken);
      }
      await Promise.all(waiting);
    } finally {
      program.destroy();
    }
  }
  return new Neighbors(lists, width, farthest);
}

/** Part of `images` and `distances` that holds one image's list so far; places not yet taken are infinitely far. */
interface List {
  readonly images: Int32Array;
  readonly distances: Float32Array;
  readonly first: number;
  readonly end: number;
}

/** Puts an image into a list, after those at the same distance, unless the list is full of nearer ones. */
function insert({ images, distances, first, end }: List, image: number, distance: number): boolean {
  let place = end - 1;
  if (place === first || !(distance < distances[place])) return false;
  for (; distance < distances[place - 1]; place--) {
    distances[place] = distances[place - 1];
    images[place] = images[place - 1];
  }
  distances[place] = distance;
  images[place] = image;
  return true;
}

function recordPart(
  device: Device,
  { embeddings, size, metric }: Images,
  [from, to]: Range,
  rows: number,
  found: number,
) {
  const columns = to - from;
  const inputs = { embeddings: f32([rows, size]), self: f32([rows]) };
  return Program.record(device, inputs, (block) => {
    const part = constant(embeddings.subarray(from * size, to * size), [columns, size]);
    const distances = gramDistance(block.embeddings, part, metric);
    // Everybody is somebody else, so that an image is left out of its own row only.
    const gallery = constant(Float32Array.from({ length: columns }, (_, i) => 1 + from + i), [columns]);
    const nearest = nearestOthers(distances, found, { query: block.self, gallery });
    return {
      nearest,
      distances: pickColumns(distances, nearest),
      farthest: farthestDistance(distances),
    };
  });
}

function notFinite(image: number): RangeError {
  return new RangeError(`Cannot re-rank by distances that are no finite numbers (those of image ${image})`);
}
