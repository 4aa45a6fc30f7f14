/** What a dataset's files hold, as far as it can be seen without decoding: pointers in place of images, copies. */
import { basename } from "node:path";
import { identityName, type PersonImage, type ReidDataset } from "../dataset.ts";
import { DataError } from "../errors.ts";
import { protocolOf } from "../protocol.ts";

/** The first bytes of what Git LFS keeps in a clone without the files themselves. */
const LFS = "version https://git-lfs";

/**
 * Looks at the first image of each part, and at queries whose name an image of the gallery has, too.
 *
 * @throws {DataError} When images are pointers of Git LFS, or copies of queries would be their right matches.
 */
export async function requireContents(dataset: ReidDataset): Promise<void> {
  const { root, train, query, gallery } = dataset;
  for (const [image] of [train, query, gallery]) {
    if (image === undefined || !await isPointer(image.path)) continue;
    throw new DataError(
      `${image.path} is a pointer of Git LFS, not an image: the files of ${root} were not fetched. Fetch them with ` +
        "git lfs pull.",
    );
  }
  const named = Map.groupBy(gallery, ({ path }) => basename(path));
  const alone = protocolOf(dataset) === "same-camera";
  let copies = 0;
  for (const image of query) {
    for (const twin of named.get(basename(image.path)) ?? []) {
      if (twin.path === image.path || !await sameBytes(image.path, twin.path)) continue;
      if (twin.identity === image.identity && (alone || twin.camera !== image.camera)) {
        throw copied(dataset, image, twin);
      }
      copies++;
    }
  }
  if (copies === 0) return;
  dataset.warnings.push(
    `${copies} of the ${query.length} queries are in the gallery, too, as copies by the same name. A query's own image ` +
      "is not ranked for it where person and camera are the same.",
  );
}

function copied(dataset: ReidDataset, query: PersonImage, twin: PersonImage): DataError {
  const person = identityName(dataset, query.identity);
  const counts = protocolOf(dataset) === "same-camera"
    ? `another image of ${person}`
    : `an image of ${person} by another camera`;
  return new DataError(
    `${twin.path} is a copy of the query ${query.path}, and counts as ${counts}: every query would find itself. Put other ` +
      "images into the gallery than into the queries, and check how cameras are named.",
  );
}

async function isPointer(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(LFS.length);
    const read = await file.read(bytes);
    return new TextDecoder().decode(bytes.subarray(0, read ?? 0)) === LFS;
  } catch {
    return false; // Decoding it will give the reason.
  }
}

/** Whether two files have the same bytes, and some. */
async function sameBytes(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([Deno.stat(a), Deno.stat(b)]);
    if (one.size === 0 || one.size !== other.size || !one.isFile || !other.isFile) return false;
    const [left, right] = await Promise.all([Deno.readFile(a), Deno.readFile(b)]);
    return left.every((byte, i) => byte === right[i]);
  } catch {
    return false;
  }
}
