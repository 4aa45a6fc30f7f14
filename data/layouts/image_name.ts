/**
 * The one reader of names: what the path of an image says about who was seen, where and when. How names are read is
 * decided once for a set of images, by the naming that they agree on.
 */
import { DUKE_MTMC_REID } from "./duke_mtmc_reid.ts";
import { MARKET_1501 } from "./market1501.ts";
import { type ImageName, type Naming, parseImageName } from "./naming.ts";
import { CUHK03, MARS, MSMT17_NAMES, NUMBERED } from "./other_namings.ts";

/** Namings that no other name has by chance: such a name is read by its own naming wherever it is. */
const DISTINCT: readonly Naming[] = [MARKET_1501, DUKE_MTMC_REID, MSMT17_NAMES, MARS];
/** Namings that have to be those of most images. */
const COMMON: readonly Naming[] = [NUMBERED, CUHK03];

/** Layouts that can be asked for by name, and how names are read in them. */
export const LAYOUT_NAMES = {
  "market1501": MARKET_1501,
  "dukemtmc-reid": DUKE_MTMC_REID,
  "msmt17": MSMT17_NAMES,
  "people": "prefix",
  "one-camera": "nowhere",
  "person/camera": "folder",
  "camera/person": "outer folder",
} as const satisfies Record<string, Naming | CameraPlace>;

/** The name of a layout. */
export type LayoutName = keyof typeof LAYOUT_NAMES;

/**
 * Where custom people have the camera: before the first `_` of a file's name, whatever it is or where it can be one, or
 * in the folder of the file, or in the folder around that, or nowhere.
 */
export type CameraPlace = "prefix" | "likely prefix" | "folder" | "outer folder" | "nowhere";

/** How the names of a set of images are read; undefined where they agree on nothing. */
export type NamedBy = Naming | CameraPlace | undefined;

/** How names are read in the layout that was asked for, or else as they agree. */
export function namingOf(layout: LayoutName | undefined, agreed: NamedBy): NamedBy {
  if (layout === undefined) return agreed;
  // The folders of people say who it is, and the names which camera, in whatever naming they have.
  return layout === "people" && typeof agreed === "object" ? agreed : LAYOUT_NAMES[layout];
}

/** How names are read, as text. */
export function namingText(by: NamedBy): string {
  return typeof by === "object" ? by.name : by === undefined ? "none" : `camera by ${by}`;
}

/** Words that cameras and programs put before a number, which name no camera. */
const NO_CAMERA =
  /^(img|image|images|dsc|dscn|dscf|pxl|vid|mvimg|win|gopr|photo|pic|picture|screenshot|frame|crop|person|people|pid|id|p|gen|fake)[-. ]?\d*$/i;
/** A folder, or a part of a name, that is called after a camera: cam1, cam_a, c3, camera-12, view2. */
const CAMERA = /^((c|cam|camera|view|kamera|ipc|channel|ch)[-_. ]?\d{1,4}|(cam|camera|view)[-_. ]?[a-h])$/i;

interface PathParts {
  readonly outer: string;
  readonly folder: string;
  readonly file: string;
}

function pathParts(path: string): PathParts {
  const [file = "", folder = "", outer = ""] = path.split(/[\\/]/).slice(-3).reverse();
  return { file, folder: folder.normalize("NFC"), outer: outer.normalize("NFC") };
}

/** The text before the first underscore, in NFC; undefined where there is none. */
export function prefixOf(file: string): string | undefined {
  return /^([^_]+)_/.exec(file)?.[1]?.normalize("NFC");
}

/** The naming of a name that no other naming has. */
export function distinctNaming(file: string): Naming | undefined {
  return DISTINCT.find((naming) => parseImageName(naming, file) !== undefined);
}

/** Whether a text before the first underscore can be a camera in the images of a folder. */
export function canBeCamera(prefix: string, { folder, file }: { folder: string; file: string }): boolean {
  if (NO_CAMERA.test(prefix) || prefix.toLowerCase() === folder.toLowerCase()) return false;
  // person1_cam2_0001.jpg: another part of the name says the camera.
  return CAMERA.test(prefix) || !file.split(/[_.]/).slice(1, -1).some((part) => CAMERA.test(part));
}

/** Whether a path says for certain that it names no camera: IMG_0001.jpg, 0001.jpg, alice/alice_1.jpg. */
export function namesNoCamera(path: string): boolean {
  const { file, folder, outer } = pathParts(path), prefix = prefixOf(file);
  if ([...DISTINCT, ...COMMON].some((naming) => parseImageName(naming, file) !== undefined)) return false;
  if ([folder, outer, ...file.split(/[_.]/).slice(0, -1)].some((part) => CAMERA.test(part))) return false;
  return prefix === undefined || NO_CAMERA.test(prefix) || prefix.toLowerCase() === folder.toLowerCase();
}

/**
 * Reads the path of an image.
 *
 * @param by The naming of the set that the image belongs to.
 * @returns An empty object for names of other kinds: no camera rather than a wrong one.
 */
export function readImageName(path: string, by: NamedBy): ImageName {
  if (by === "nowhere") return {};
  const { file, folder, outer } = pathParts(path), naming = namingOfFile(file, by);
  if (naming !== undefined) return parseImageName(naming, file) ?? {};
  if (by === "folder") return folder === "" ? {} : { camera: folder };
  if (by === "outer folder") return outer === "" ? {} : { camera: outer };
  const prefix = prefixOf(file);
  if (prefix === undefined || (by !== "prefix" && by !== "likely prefix")) return {};
  return by === "prefix" || canBeCamera(prefix, { folder, file }) ? { camera: prefix } : {};
}

/** Whether a path says that nobody in particular is shown: person 0 of a dataset with distractors. */
export function showsDistractor(path: string, by: NamedBy): boolean {
  const { file } = pathParts(path), naming = namingOfFile(file, by);
  return naming !== undefined && (naming.distractors ?? naming.published !== undefined) &&
    parseImageName(naming, file)?.identity === 0;
}

/** The naming of a dataset that a file's name is read by. */
function namingOfFile(file: string, by: NamedBy): Naming | undefined {
  return typeof by === "object" && parseImageName(by, file) !== undefined ? by : distinctNaming(file);
}

/** Prefixes that are remembered: more are no cameras. */
const MOST_PREFIXES = 4096;

/** Finds the naming that a set of images agrees on, in memory that does not grow with their number. */
export class NamingVotes {
  #images = 0;
  readonly #named = new Map<Naming, number>();
  #prefixed = 0;
  /** Every prefix, the first folder that it was seen in, and whether it was in others, too. */
  readonly #prefixes = new Map<string, { folder: string; shared: boolean }>();
  #inCamera = 0;
  #inOuterCamera = 0;

  /** Counts the path of an image. */
  add(path: string): void {
    const parts = pathParts(path), { file, folder, outer } = parts;
    this.#images++;
    if (CAMERA.test(folder)) this.#inCamera++;
    if (CAMERA.test(outer)) this.#inOuterCamera++;
    const naming = distinctNaming(file) ?? COMMON.find((one) => parseImageName(one, file) !== undefined);
    if (naming !== undefined) this.#named.set(naming, 1 + (this.#named.get(naming) ?? 0));
    const prefix = prefixOf(file);
    if (naming !== undefined || prefix === undefined || !canBeCamera(prefix, parts)) return;
    this.#prefixed++;
    const seen = this.#prefixes.get(prefix);
    if (seen !== undefined) seen.shared ||= seen.folder !== folder;
    else if (this.#prefixes.size < MOST_PREFIXES) this.#prefixes.set(prefix, { folder, shared: false });
  }

  /** The naming of most images; the place of the camera in the paths of custom people; undefined where neither is sure. */
  decide(): NamedBy {
    const most = (count: number) => 2 * count > this.#images;
    const naming = [...DISTINCT, ...COMMON].find((one) => most(this.#named.get(one) ?? 0));
    if (naming !== undefined) return naming;
    if (this.#images > 0 && this.#inCamera === this.#images && this.#inOuterCamera < this.#images) {
      return "folder";
    }
    if (this.#images > 0 && this.#inOuterCamera === this.#images && this.#inCamera < this.#images) {
      return "outer folder";
    }
    return most(this.#prefixed) && this.#prefixesAreCameras() ? "likely prefix" : undefined;
  }

  /** Few, called otherwise than by a number, or shared by the folders of several people. */
  #prefixesAreCameras(): boolean {
    const few = this.#prefixes.size <= Math.min(Math.max(8, this.#images / 4), MOST_PREFIXES - 1);
    const bySharing = [...this.#prefixes.values()].some(({ shared }) => shared);
    const numbers = [...this.#prefixes.keys()].some((prefix) => !/\p{L}/u.test(prefix));
    return few && (bySharing || !numbers);
  }
}

/** The naming that the images agree on: see {@link NamingVotes}. */
export function agreedNaming(paths: Iterable<string>): NamedBy {
  const votes = new NamingVotes();
  for (const path of paths) votes.add(path);
  return votes.decide();
}
