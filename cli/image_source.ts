/** The images of `--images`, for the commands that embed them. */
import { printable } from "./command.ts";
import { DataError, messageOf } from "../data/errors.ts";
import type { NamedBy } from "../data/layouts/image_name.ts";
import { isFolder } from "../data/layouts/dataset_folder.ts";
import { isPeopleTable } from "../data/layouts/people_table.ts";
import { pathBelow, pathPattern } from "../data/layouts/path_patterns.ts";
import {
  type ImageFile,
  imagesInFolder,
  imagesInList,
  imagesInTable,
  type PassedOver,
} from "../embed/image_files.ts";
import { factsOf } from "../embed/image_facts.ts";

/**
 * Opens the images of `--images`.
 *
 * @param passed counts the files of a folder that are left out.
 * @param cameraFrom the pattern of cameras in paths below the folder, or in ids where there is none.
 * @throws {DataError} when there is no such folder or list.
 */
export async function openImages(
  images: string,
  passed: PassedOver,
  cameraFrom?: string,
): Promise<AsyncIterable<ImageFile>> {
  const source = await openSource(images, passed);
  if (cameraFrom === undefined) return source;
  if (isPeopleTable(images)) {
    throw new DataError(
      `${images} has a column for the camera: leave out --camera-from, or give the folder of the images.`,
    );
  }
  return withCameras(source, await isFolder(images) ? await Deno.realPath(images) : undefined, cameraFrom);
}

async function* withCameras(
  source: AsyncIterable<ImageFile>,
  root: string | undefined,
  cameraFrom: string,
): AsyncGenerator<ImageFile> {
  const cameraOf = pathPattern("cameraFrom", cameraFrom);
  let unmatched = 0, example = "";
  for await (const file of source) {
    const below = root === undefined ? file.id : pathBelow(root, file.path);
    const camera = cameraOf(below), { time } = factsOf(file.path, undefined);
    if (camera === undefined) [unmatched, example] = [unmatched + 1, example || below];
    yield {
      ...file,
      known: { ...(camera !== undefined && { camera }), ...(time !== undefined && { time }) },
    };
  }
  if (unmatched === 0) return;
  const text =
    `${unmatched} paths do not match --camera-from ${cameraFrom}, such as ${example}: these images have no camera`;
  console.error(`warning: ${printable(text)}`);
}

async function openSource(images: string, passed: PassedOver): Promise<AsyncIterable<ImageFile>> {
  if (images === "-") return imagesInList(Deno.stdin.readable, "stdin");
  if (await isFolder(images)) return imagesInFolder(images, passed);
  if (isPeopleTable(images)) return imagesInTable(images);
  try {
    return imagesInList((await Deno.open(images)).readable, images);
  } catch (error) {
    throw new DataError(
      `--images ${images} is neither a folder nor a readable list (${
        messageOf(error)
      }). Give a folder, a text file with ` +
        "the path of an image on every line, or - for such lines on stdin.",
    );
  }
}

/** The error if `--images` has no images. */
export function noImages(images: string): DataError {
  return new DataError(
    images === "-"
      ? "There are no images in the list on stdin. Give the path of a JPEG or PNG file on every line."
      : `There are no images in ${images}. Give a folder with JPEG or PNG files in it, or a list of such files.`,
  );
}

/** Says so where the names of images do not agree on where the camera is. */
export function sayNaming(images: string, named: NamedBy): void {
  if (named !== undefined) return;
  console.error(
    `note: the names in ${images} do not say their cameras for certain, so that only images named as those of a public ` +
      'dataset have one; --layout people takes the text before the first "_"',
  );
}

/** Prints how many files of a folder were left out. */
export function sayPassedOver(images: string, { links, others }: PassedOver): void {
  const counts = [
    links > 0 ? `${links} links to folders, which are not followed` : "",
    others > 0 ? `${others} files that are not named .jpg, .jpeg or .png` : "",
  ].filter((text) => text !== "");
  if (counts.length > 0) console.error(`Left out in ${images}: ${counts.join("; ")}`);
}
