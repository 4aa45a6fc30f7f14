/** Values as text, much as the console of Deno prints them. */

/** Elements of an array or an object that are written out. */
const MOST_ITEMS = 100;

const MOST_CHARACTERS = 10_000;

/** How deep objects within objects are written out. */
const DEPTH = 4;

/** The text that `console.log` prints for its arguments. */
export function consoleText(values: readonly unknown[]): string {
  const text = values.map((value) => typeof value === "string" ? value : textOf(value, DEPTH)).join(" ");
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[Function: ${value.name || "(anonymous)"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  const name = value.constructor?.name ?? "";
  if (depth === 0) return `[${name || "Object"}]`;
  const inner = (item: unknown) => textOf(item, depth - 1);
  if (Array.isArray(value)) return enclosed("", "[", value, inner, "]");
  if (isTyped(value)) return enclosed(`${name}(${value.length})`, "[", value, inner, "]");
  if (value instanceof Set) return enclosed(`Set(${value.size})`, "{", value, inner, "}");
  const pair = ([key, item]: [unknown, unknown]) => `${inner(key)} => ${inner(item)}`;
  if (value instanceof Map) return enclosed(`Map(${value.size})`, "{", value, pair, "}");
  const property = ([key, item]: [string, unknown]) =>
    `${/^[\w$]+$/.test(key) ? key : JSON.stringify(key)}: ${inner(item)}`;
  return enclosed(name === "Object" ? "" : name, "{", Object.entries(value), property, "}");
}

function isTyped(value: object): value is Float32Array {
  return ArrayBuffer.isView(value) && "length" in value;
}

function enclosed<Item>(
  name: string,
  open: string,
  items: Iterable<Item>,
  write: (item: Item) => string,
  close: string,
): string {
  const texts: string[] = [];
  let more = 0;
  for (const item of items) texts.length < MOST_ITEMS ? texts.push(write(item)) : more++;
  if (more > 0) texts.push(`… ${more} more`);
  const body = texts.length === 0 ? open + close : `${open} ${texts.join(", ")} ${close}`;
  return name === "" ? body : `${name} ${body}`;
}
