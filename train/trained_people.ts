/**
 * Which people and images a run was trained on, as its checkpoints keep them: digests, which do not depend on the folder
 * that a dataset lies in.
 */
import { join, relative } from "node:path";
import { identityName, type PersonImage, type ReidDataset } from "../data/dataset.ts";
import { partsOfDataset, peopleInParts } from "../data/joined_datasets.ts";
import { sha256 } from "./checksum.ts";
import { RunError } from "./errors.ts";

/** Digests in hexadecimal. */
export interface TrainedPeople {
  /** Of every person, in the order of their labels. */
  readonly persons: readonly string[];
  /** Of people whom the run has seen before and who are not among these any more. */
  readonly earlier: readonly string[];
  /** Of people who were left out of training to estimate thresholds on them. */
  readonly heldOut: readonly string[];
  /** Of the paths of the images below the dataset's folder. */
  readonly images: string;
}

/** Digits of a person's digest: two of a million pairs of people are equal by chance in one of 10⁸ datasets. */
const PERSON_DIGITS = 12;
/** Largest number of names in a message. */
const NAMED = 5;

const digest = (value: unknown) => sha256(new TextEncoder().encode(JSON.stringify(value).normalize("NFC")));

/**
 * A dataset's training people and images.
 *
 * @param usable for each training image, whether it could be decoded.
 * @param before those of the checkpoint that the run goes on from.
 * @param heldOut digests of the people who are left out.
 */
export async function trainedPeople(
  dataset: ReidDataset,
  usable: readonly boolean[],
  before?: TrainedPeople,
  heldOut: readonly string[] = [],
): Promise<TrainedPeople> {
  const images = dataset.train.filter((_, i) => usable[i]);
  const persons = [...(await personDigests(dataset, images)).values()];
  const earlier = new Set([...before?.persons ?? [], ...before?.earlier ?? []]).difference(new Set(persons));
  const pathsIn = ({ root }: ReidDataset, images: readonly PersonImage[]) =>
    images.map(({ path }) => relative(root, path).replaceAll("\\", "/"));
  const listed = new Set(images.map(({ path }) => path));
  const paths = partsOfDataset(dataset).flatMap((part) =>
    pathsIn(part, part.train.filter(({ path }) => listed.has(path)))
  );
  return { persons, earlier: [...earlier], heldOut, images: await digest([await drawnFrom(dataset), paths]) };
}

/** Reads what {@link trainedPeople} made from a file. @throws {Error} if it is something else. */
export function parseTrainedPeople(value: unknown): TrainedPeople {
  const { persons, earlier, heldOut = [], images } = Object(value);
  const isDigests = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((each) => /^[0-9a-f]{12}$/.test(each));
  if (isDigests(persons) && isDigests(earlier) && isDigests(heldOut) && typeof images === "string") {
    return { persons, earlier, heldOut, images };
  }
  throw new Error("its people are no digests");
}

/**
 * What there is to say about the people that a run goes on with.
 *
 * @param path the checkpoint that it goes on from, for messages.
 * @param people of the checkpoint; undefined where an earlier version wrote it.
 * @param hasParametersOfPeople whether the network or the loss learns something for each person.
 * @throws {RunError} if it does, and they are other people.
 */
export function resumeNotes(
  path: string,
  people: TrainedPeople | undefined,
  now: TrainedPeople,
  hasParametersOfPeople: boolean,
): string[] {
  if (people === undefined) {
    return [
      `an earlier version wrote ${path}, which does not say who was trained on: make sure that the people are the same`,
    ];
  }
  if (people.persons.join() === now.persons.join()) {
    return people.images === now.images ? [] : [
      "the run goes on with the same people and other images, of which some were added, removed or renamed: its " +
      "result is not that of a run without a stop",
    ];
  }
  const before = new Set(people.persons), known = now.persons.filter((person) => before.has(person)).length;
  const others =
    `the run was trained on ${people.persons.length} people, and of the ${now.persons.length} that it is ` +
    `to go on with ${known === 0 ? "none is" : `${known} are`} among them`;
  if (!hasParametersOfPeople) return [others];
  throw new RunError(
    `${path} has weights or centers for each person, and these are other people: ${others}. Resume it with its own ` +
      "people, or start a new run.",
    { remedies: [{ kind: "change", settings: ["data"] }] },
  );
}

/** People of a part of a dataset. */
export interface KnownPeople {
  /** Those who were in a run's training, ascending. */
  readonly known: readonly number[];
  /** The number of all. */
  readonly all: number;
}

/** Which people among a dataset's images were in training. Distractors are no people. */
export async function knownPeople(
  dataset: ReidDataset,
  images: readonly PersonImage[],
  { persons, earlier }: Pick<TrainedPeople, "persons" | "earlier">,
): Promise<KnownPeople> {
  const seen = new Set([...persons, ...earlier]);
  const people = [...await personDigests(dataset, images.filter(({ identity }) => identity > 0))];
  return {
    known: people.filter(([, person]) => seen.has(person)).map(([identity]) => identity),
    all: people.length,
  };
}

/** A note about the people of the test who were in training too; undefined if there are none. */
export async function testPeopleNote(
  dataset: ReidDataset,
  trained: Pick<TrainedPeople, "persons" | "earlier">,
): Promise<string | undefined> {
  const { known, all } = await knownPeople(dataset, [...dataset.query, ...dataset.gallery], trained);
  if (known.length === 0) return undefined;
  const names = known.slice(0, NAMED).map((identity) => identityName(dataset, identity)).join(", ");
  const more = known.length > NAMED ? ` and ${known.length - NAMED} more` : "";
  return `${known.length} of the ${all} people of the test were in training (${names}${more}): scores ` +
    "on them say little about people whom the network has not seen";
}

/**
 * A digest of each person among images, by identity, ascending. It is the same whether a dataset is read alone or joined
 * with others, so people of the same name in two parts of a joined one have equal digests.
 */
export async function personDigests(
  dataset: ReidDataset,
  images: readonly PersonImage[],
): Promise<Map<number, string>> {
  const people = peopleInParts(dataset);
  // Equal numbers in two datasets are two people; named folders may be copied from one to another.
  const origins = new Map(
    await Promise.all(
      partsOfDataset(dataset).map(async (part): Promise<[ReidDataset, string]> => [
        part,
        await drawnFrom(part) || part.name,
      ]),
    ),
  );
  const identities = [...new Set(images.map(({ identity }) => identity))].sort((a, b) => a - b);
  return new Map(
    await Promise.all(identities.map(async (identity): Promise<[number, string]> => {
      const own = people.get(identity) ?? { part: dataset, identity };
      const isNamed = own.part.names?.identity.has(own.identity) ?? false;
      const origin = isNamed ? "" : origins.get(own.part);
      const person = await digest([origin, identityName(own.part, own.identity)]);
      return [identity, person.slice(0, PERSON_DIGITS)];
    })),
  );
}

/** What synthetic people were drawn from, which their names do not say; empty for others. */
async function drawnFrom(dataset: ReidDataset): Promise<string> {
  const drawn = partsOfDataset(dataset).map(({ root }) =>
    Deno.readTextFile(join(root, "synthetic_people.json")).catch(() => "")
  );
  return (await Promise.all(drawn)).join("");
}
