/** Checking what was read from a file before anything relies on it. */

/** The type of every field of a flat record. */
export type FieldTypes<T> = Readonly<Record<keyof T, "string" | "number" | "boolean">>;

/**
 * A record with exactly the fields of `types`, in their order.
 *
 * @throws {Error} when a field is missing or of another type, or a number is negative or not finite; the message
 * names it.
 */
export function readFields<T>(value: unknown, types: FieldTypes<T>): T {
  if (typeof value !== "object" || value === null) throw new Error(`${JSON.stringify(value)} is no record`);
  const record: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(types)) {
    const field = (value as Record<string, unknown>)[name];
    const fits = typeof field === type && (typeof field !== "number" || (field >= 0 && field < Infinity));
    if (!fits) {
      const wanted = type === "number" ? "number of at least 0" : type;
      throw new Error(`${name} should be a ${wanted} and is ${JSON.stringify(field) ?? "missing"}`);
    }
    record[name] = field;
  }
  return record as T;
}
