/** Several datasets as one to train on: their people and cameras stay apart. */
import { cameraName, camerasOf, identityName, type PersonImage, type ReidDataset } from "./dataset.ts";

/**
 * Joins datasets. Person 7 of one and person 7 of another are two people, called `first:7` and `second:7`, and so are cameras.
 * The test of the whole is the tests one after the other; each is scored alone by its own dataset, in `parts`.
 */
export function joinDatasets(parts: NonNullable<ReidDataset["parts"]>): ReidDataset {
  const identities = new Map<number, string>(), cameras = new Map<number, string>();
  const joined = parts.map(({ name, dataset }) => {
    const { train, query, gallery } = dataset;
    const personOf = numbered(
      peopleOf(dataset),
      identities,
      (person) => `${name}:${identityName(dataset, person)}`,
    );
    const cameraOf = numbered(
      camerasOf(dataset),
      cameras,
      (camera) => `${name}:${cameraName(dataset, camera)}`,
    );
    const renumber = (images: readonly PersonImage[]) =>
      images.map((image) => ({
        ...image,
        identity: personOf.get(image.identity) ?? 0,
        camera: cameraOf.get(image.camera) ?? 0,
      }));
    return { train: renumber(train), query: renumber(query), gallery: renumber(gallery) };
  });
  const sum = (of: (ignored: ReidDataset["ignored"]) => number) =>
    parts.reduce((total, { dataset }) => total + of(dataset.ignored), 0);
  return {
    name: parts.map(({ name }) => name).join(" + "),
    root: parts.map(({ dataset }) => dataset.root).join(", "),
    train: joined.flatMap(({ train }) => train),
    query: joined.flatMap(({ query }) => query),
    gallery: joined.flatMap(({ gallery }) => gallery),
    timed: parts.every(({ dataset }) => dataset.timed),
    names: { identity: identities, camera: cameras },
    ignored: { junk: sum(({ junk }) => junk), otherFiles: sum(({ otherFiles }) => otherFiles) },
    warnings: [],
    parts,
  };
}

/** All people, ascending; distractors are none. */
function peopleOf({ train, query, gallery }: ReidDataset): number[] {
  return [...new Set([...train, ...query, ...gallery].map(({ identity }) => identity))]
    .filter((identity) => identity !== 0).sort((a, b) => a - b);
}

/** Numbers items on from those in `names`, and names them there. */
function numbered(
  items: readonly number[],
  names: Map<number, string>,
  nameOf: (item: number) => string,
): Map<number, number> {
  return new Map(items.map((item) => {
    const number = names.size + 1;
    names.set(number, nameOf(item));
    return [item, number];
  }));
}

/** The datasets that one consists of: itself, where it was not joined. */
export function partsOfDataset(dataset: ReidDataset): readonly ReidDataset[] {
  return dataset.parts?.map((part) => part.dataset) ?? [dataset];
}

/** Each person as the datasets that one consists of know them: by the dataset's own number. */
export function peopleInParts(
  dataset: ReidDataset,
): ReadonlyMap<number, { readonly part: ReidDataset; readonly identity: number }> {
  const everybody = partsOfDataset(dataset).flatMap((part) =>
    peopleOf(part).map((identity) => ({ part, identity }))
  );
  // Joining numbers people on from part to part.
  return new Map(
    everybody.map((person, i) => [dataset.parts === undefined ? person.identity : i + 1, person]),
  );
}
