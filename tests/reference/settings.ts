/** Settings of the reference's ops. */

/** Stride of both axes and explicit zero padding. */
export interface ConvGeometry {
  stride: number;
  pads: { top: number; bottom: number; left: number; right: number };
}

/** How far two embeddings are apart. */
export type Metric = "euclidean" | "squared" | "angular";

/** Settings of a triplet loss. `softMargin` replaces max(0, x + margin) by log(1 + e^x). */
export interface TripletOptions {
  margin: number;
  metric: Metric;
  softMargin: boolean;
}
