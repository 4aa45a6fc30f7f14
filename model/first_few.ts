/** The first three of a list as text: "a, b, c, and 7 more". */
export function firstFew(items: readonly string[], separator = ", "): string {
  const more = items.length - 3;
  return items.slice(0, 3).join(separator) + (more > 0 ? `${separator}and ${more} more` : "");
}
