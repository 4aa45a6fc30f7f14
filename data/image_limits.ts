/** What is refused because no crop of a person is as large. */

/** A header with more pixels than these is refused before anything is decoded. */
export const MAX_PIXELS = 32 * 1024 * 1024;

/** Larger files are refused. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Requires pixels, and not too many.
 *
 * @throws {Error} With the reason.
 */
export function requireAllowedSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw new Error(`an image of ${width} × ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Error(
      `${width} × ${height} pixels are more than the ${MAX_PIXELS} allowed for a crop of a person`,
    );
  }
}
