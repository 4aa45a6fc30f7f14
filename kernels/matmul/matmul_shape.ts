/** The sizes that name a matrix product. */

/** Sizes of a product [M, K] × [K, N]. */
export interface MatmulShape {
  /** Rows of the left factor and of the product. */
  readonly m: number;
  /** Columns of the left factor, rows of the right one: what is summed over. */
  readonly k: number;
  /** Columns of the right factor and of the product. */
  readonly n: number;
}
