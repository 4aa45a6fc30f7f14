/**
 * The nearest images of every image, and the largest distance: re-ranking needs nothing else of the distances between
 * all images. The GPU computes these block by block and keeps them.
 */
import { itemAt } from "../../engine/item_at.ts";
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
import { chunks, type Range } from "../ranges.ts";
import { joined, type Share, WHOLE } from "../share.ts";
import { submitEach } from "../submit_each.ts";
import { columnParts, type RerankBudget, rowsFrom, rowsOfBlock } from "./blocks.ts";

/** Embeddings [n, size] of all images, and their metric. */
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
   * @param lists [n, width]: for each image itself, then the others from the nearest on; where distances tie, the one
   *   with the lowest index first. An image is its own first neighbor even where others are at distance 0 too.
   * @param farthest The largest distance of each image, at least 0.
   */
  constructor(readonly lists: Int32Array, readonly width: number, readonly farthest: Float32Array) {}

  /** Number of images. */
  get count(): number {
    return this.farthest.length;
  }

  /** The first `count` of an image's list, itself included, or as many as there are. */
  of(image: number, count: number): Int32Array {
    return this.lists.subarray(image * this.width, image * this.width + Math.min(count, this.width));
  }
}

/**
 * Finds the `nearest` images nearest to every image, apart from itself.
 *
 * @param onRows Receives the number of further rows of distances computed, and the GPU memory held, in bytes.
 * @param share That of this process, where several search together; all get all lists.
 * @throws {RangeError} If a distance is not finite.
 */
export async function findNeighbors(
  device: Device,
  images: Images,
  nearest: number,
  budget: RerankBudget,
  onRows: (rows: number, gpuBytes: number) => void,
  share: Share = WHOLE,
): Promise<Neighbors> {
  const { embeddings, count, size } = images;
  const width = 1 + Math.min(nearest, count - 1);
  const [first, last] = share.range(count); // Lists and distances are of these images.
  const lists = new Int32Array((last - first) * width);
  const farthest = new Float32Array(last - first);
  const distances = new Float32Array((last - first) * width).fill(Infinity);
  for (let own = 0; own < last - first; own++) {
    lists[own * width] = first + own;
    distances[own * width] = -1;
  }
  const parts = columnParts(count, size, budget);
  const rows = rowsOfBlock(count, Math.max(...parts.map(([from, to]) => to - from)), budget);
  for (const part of parts) {
    const found = Math.max(1, Math.min(nearest, part[1] - part[0]));
    const program = await recordPart(device, images, part, rows, found);
    try {
      await submitEach(chunks([first, last], rows), async (block) => {
        const { outputs } = await program.submit({
          embeddings: rowsFrom(embeddings, block, size, rows),
          self: Float32Array.from({ length: rows }, (_, row) => 1 + block[0] + row),
        });
        const done = outputs.then((out) => {
          for (const [row, distance] of out.farthest.subarray(0, block[1] - block[0]).entries()) {
            const own = block[0] + row - first;
            if (!Number.isFinite(distance)) throw notFinite(first + own);
            farthest[own] = Math.max(itemAt(farthest, own), distance);
            const list = {
              images: lists.subarray(own * width, (own + 1) * width),
              distances: distances.subarray(own * width, (own + 1) * width),
            };
            for (const [i, column] of out.nearest.subarray(row * found, (row + 1) * found).entries()) {
              if (column === NONE) break;
              if (!insert(list, part[0] + column, itemAt(out.distances, row * found + i))) break;
            }
          }
          onRows(block[1] - block[0], program.memory.total);
        });
        return { done };
      });
    } finally {
      program.destroy();
    }
  }
  const found = await share.gather({ lists, farthest });
  return new Neighbors(
    joined(found.map(({ lists }) => lists)),
    width,
    joined(found.map(({ farthest }) => farthest)),
  );
}

/** One image's list so far; free entries have an infinite distance. */
interface List {
  readonly images: Int32Array;
  readonly distances: Float32Array;
}

/** Inserts an image into a list, after those at the same distance, unless the list is full of nearer ones. */
function insert({ images, distances }: List, image: number, distance: number): boolean {
  const position = 1 + distances.findLastIndex((other) => !(distance < other));
  if (position === distances.length) return false;
  distances.copyWithin(position + 1, position);
  images.copyWithin(position + 1, position);
  distances[position] = distance;
  images[position] = image;
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
    // Each image has a separate identity, so that an image is left out of its own row only.
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
  return new RangeError(`Cannot re-rank by non-finite distances (those of image ${image})`);
}
