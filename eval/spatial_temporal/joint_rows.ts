/** Rows of joint distances of look and time: see `joint_distance.ts` and `travel_times.ts`. */
import { itemAt } from "../../engine/item_at.ts";
import { jointDistance } from "./joint_distance.ts";
import type { TravelTimes } from "./travel_times.ts";

/** Camera and time of the images of a set, in their order. */
export interface Sights {
  readonly camera: Int32Array;
  /** In frames, by the cameras' clocks. */
  readonly time: Float64Array;
}

/**
 * Joint distances of each query to the whole gallery, in order.
 *
 * @param angular Rows of 1 - cosine, in the order of the queries; each is read before the next is requested.
 * @param first The query of the first row.
 */
export async function* jointRows(
  angular: AsyncIterable<Float32Array>,
  queries: Sights,
  gallery: Sights,
  travel: TravelTimes,
  first = 0,
): AsyncGenerator<Float32Array> {
  let query = first;
  for await (const row of angular) {
    const camera = itemAt(queries.camera, query), time = itemAt(queries.time, query++);
    yield row.map((distance, j) =>
      jointDistance(distance, travel.probability(camera, time, gallery.camera[j]!, gallery.time[j]!))
    );
  }
}
