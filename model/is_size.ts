/** Whether a value from a file is a size: a whole number from 0, exact in f64. */
export function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
