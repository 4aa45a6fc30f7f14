/** Settings of the reference's ops. */

/** Zeros on each side of an image. */
export interface Pads {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Where the windows of a convolution or a pool lie. */
export interface ConvGeometry {
  stride?: number;
  padding?: number | "same" | "valid" | Pads;
}

/** A convolution's further options. */
export interface Conv2dOptions extends ConvGeometry {
  dilation?: number;
  groups?: number;
}

/** How far two embeddings are apart. */
export type Metric = "euclidean" | "squared" | "angular";

/** Settings of a triplet loss. `softMargin` replaces max(0, x + margin) by log(1 + e^x). */
export interface TripletOptions {
  margin: number;
  metric: Metric;
  softMargin: boolean;
}
