/**
 * Which parts of two images make their cosine similarity.
 *
 * An embedding is e = u / |u| with u the mean of u_1 ... u_M, the embeddings of the image's M cells
 * ({@linkcode CellEmbedder}). So the cosine of query q and match m is a sum over the query's cells, and also one over the
 * match's:
 *
 *     cos(q, m) = Σ_i (u_i^q · e^m) / (M_q |u^q|) = Σ_j (e^q · u_j^m) / (M_m |u^m|)
 *
 * Nothing is approximated, as average pooling, projection and neck are linear up to a constant; each cell has the same
 * share of that constant. It is the decomposition of Stylianou, Souvenir and Pless, "Visualizing Deep Similarity
 * Networks", 2019, for networks with average pooling, which in turn is the class activation map of Zhou et al., "Learning
 * Deep Features for Discriminative Localization", 2016, with the other image's embedding as the class's weights.
 */
import { itemAt } from "../engine/item_at.ts";

/** The cosine of two images, divided among the cells of each. */
export interface CosineParts {
  /** From -1 to 1; 0 where one of the embeddings is 0. */
  readonly cosine: number;
  /** What each cell of the query adds to the cosine, [M]. Their sum is the cosine; below 0 a cell lowers it. */
  readonly query: Float64Array;
  /** The same of the match's cells. */
  readonly match: Float64Array;
}

/** The mean of rows [M, size], and its length. */
function meanOf(cells: Float32Array, size: number): { mean: Float64Array; length: number } {
  const mean = new Float64Array(size);
  const count = cells.length / size;
  for (const [i, value] of cells.entries()) mean[i % size] = itemAt(mean, i % size) + value / count;
  return { mean, length: Math.sqrt(mean.reduce((sum, x) => sum + x * x, 0)) };
}

/** The dot product of each row of `cells` [M, size] with a vector, times a factor. */
function projections(cells: Float32Array, vector: Float64Array, factor: number): Float64Array {
  return Float64Array.from({ length: cells.length / vector.length }, (_, cell) => {
    let sum = 0;
    for (const [i, value] of vector.entries()) sum += itemAt(cells, cell * vector.length + i) * value;
    return factor * sum;
  });
}

/**
 * Divides the cosine of two images among their cells, in f64.
 *
 * @param query The embeddings of the query's cells [M, size], not scaled.
 * @param match Those of the match's cells; there may be another number of them.
 * @param size Length of an embedding.
 * @throws {RangeError} When there is not a whole number of cells, or none.
 */
export function cosineParts(query: Float32Array, match: Float32Array, size: number): CosineParts {
  for (const { length } of [query, match]) {
    if (length > 0 && length % size === 0) continue;
    throw new RangeError(`Cells of ${size} numbers each expected; got ${length} numbers`);
  }
  const q = meanOf(query, size), m = meanOf(match, size);
  const scale = q.length * m.length === 0 ? 0 : 1 / (q.length * m.length);
  const parts = {
    query: projections(query, m.mean, scale * size / query.length),
    match: projections(match, q.mean, scale * size / match.length),
  };
  return { cosine: parts.query.reduce((sum, x) => sum + x, 0), ...parts };
}
