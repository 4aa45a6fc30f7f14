/** Folders, files and words such as `demo` that a flag takes several of: short names to tell them by, and none named twice. */
import { basename, dirname, resolve } from "node:path";
import { UsageError } from "./flags.ts";

/** Whether a value is a word with a meaning, such as `synthetic:benchmark`, and no path. */
export type IsWord = (place: string) => boolean;

/**
 * Refuses a place that is named twice, by whatever path: the same words, another way, or a symbolic link.
 *
 * @throws {UsageError} with both.
 */
export async function requireEachOnce(
  flag: string,
  places: readonly string[],
  isWord: IsWord,
): Promise<void> {
  const seen = new Map<string, string>();
  for (const place of places) {
    // What does not exist is refused where it is read.
    const key = isWord(place) ? `word ${place}` : await Deno.realPath(place).catch(() => resolve(place));
    const before = seen.get(key);
    if (before !== undefined) {
      const how = before === place ? "" : `, as ${before} and ${place}`;
      throw new UsageError(`${flag} names ${before} twice${how}; name each once`);
    }
    seen.set(key, place);
  }
}

/**
 * A short name for each place, without what the name of a file cannot have: the last part of its path; where several have
 * that, the folder around it as well, and where that does not tell them apart, a number. No two are equal, on file systems
 * that ignore case either.
 */
export function distinctNames(places: readonly string[], isWord: IsWord): string[] {
  const short = places.map((place) => shortName(isWord(place) ? place : basename(resolve(place))));
  const count = (name: string) => short.filter((other) => keyOf(other) === keyOf(name)).length;
  const wanted = places.map((place, i) => {
    const name = short[i] ?? "";
    return isWord(place) || count(name) === 1
      ? name
      : shortName(`${basename(dirname(resolve(place)))}-${basename(resolve(place))}`);
  });
  const taken = new Set<string>(), kept = new Set(wanted.map(keyOf));
  return wanted.map((name) => {
    let free = name;
    for (let n = 2; taken.has(keyOf(free)) || (free !== name && kept.has(keyOf(free))); n++) {
      free = `${name}-${n}`;
    }
    taken.add(keyOf(free));
    return free;
  });
}

/** Equal for names that a file system may take for one. */
const keyOf = (name: string) => name.normalize("NFC").toLowerCase();

function shortName(text: string): string {
  const name = text.replace(/\.(safetensors|csv|tsv)$/i, "").normalize("NFC").replace(
    /[^\p{L}\p{M}\p{N}._-]+/gu,
    "-",
  );
  return name.replace(/^[.-]+/, "") || "data";
}
