import type { Thresholds } from "../../model/thresholds.ts";

/** Thresholds of some network whose embeddings have length one. */
export const KEPT: Thresholds = {
  flip: false,
  unitLength: true,
  people: 10,
  images: 80,
  pairs: "cross-camera",
  comparisons: [{ falseAccept: 0.1, distance: 0.9, interval: [0.05, 0.2] }],
  searches: [
    { gallery: 10, points: [[0.5, 1.2], [0.1, 1], [0.01, 0.8]] },
    { gallery: 40, points: [[0.5, 1], [0.1, 0.7], [0.02, 0.5]] },
  ],
};
