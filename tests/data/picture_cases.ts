/** Small pictures that say how they are to be read, each with the pixels that two other decoders see in it. */
import { fileURLToPath } from "node:url";

/** The folder of the files. */
export const PICTURES = fileURLToPath(import.meta.resolve("./pictures/"));

/** Names of files and of the PNGs with their pixels, upright and in RGB. */
export const PICTURE_CASES: readonly { readonly name: string; readonly expected: string }[] = [
  ...Deno.readDirSync(PICTURES),
].flatMap(({ name }) => {
  const expected = name.replace(/\.\w+$/, ".expected.png");
  return /^[^.]+\.(jpg|png)$/.test(name) && name !== "really_webp.jpg" ? [{ name, expected }] : [];
});

/** A JPEG without its EXIF segment: as a reader sees it that leaves it turned. */
export function unturned(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xe1);
  const end = at + 2 + (jpeg[at + 2]! << 8 | jpeg[at + 3]!);
  return Uint8Array.from([...jpeg.subarray(0, at), ...jpeg.subarray(end)]);
}
