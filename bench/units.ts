/** Quantities as text. */

/** Milliseconds as seconds: "1.25 s". */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Bytes as "1.5 MiB". */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** A share as "12.5 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
