/** Which file names are of pictures: the decoder goes by the content. */

const READABLE = /\.(jpe?g|png)$/i;
const OTHER = /\.(bmp|tiff?|gif|webp|avif|hei[cf]|jp2|jxl|pp?m|raw)$/i;

/** Whether a name is that of a JPEG or PNG, and not hidden: `._a.jpg` is what macOS keeps about `a.jpg`. */
export function isPicture(file: string): boolean {
  return !file.startsWith(".") && READABLE.test(file);
}

/** Whether a name is that of a picture of another format. */
export function isOtherPicture(file: string): boolean {
  return !file.startsWith(".") && OTHER.test(file);
}

/** A picture's name without its ending. */
export function stemOf(file: string): string {
  return file.replace(READABLE, "");
}

/** Folders that are neither hidden nor written by an archiver beside the pictures. */
export function visible(folders: readonly string[]): string[] {
  return folders.filter((name) => !name.startsWith(".") && name !== "__MACOSX");
}
