/** Vectors, or their ids alone, as JSON lines: one object to an image. */
import type { ImageEmbedding } from "./embed_images.ts";

/** An image without its vector. */
export type ImageLabel = Omit<ImageEmbedding, "embedding">;

/** Nine significant digits identify every float32, so that reading returns the same bits. */
const DIGITS = 9;

/** Lines `{"id", "camera", "time"}`; camera and time only where they are known. Of tracklets, see {@link trackletFields}. */
export function encodeLabels(images: readonly ImageLabel[]): Uint8Array<ArrayBuffer> {
  return lines(
    images.map((image) =>
      JSON.stringify({ id: image.id, camera: image.camera, time: image.time, ...trackletFields(image) })
    ),
  );
}

/** What the vector of a tracklet has beside those of images: which one it is, how many images, and their spread. */
function trackletFields({ tracklet, images, spread }: ImageLabel) {
  return images === undefined ? {} : { tracklet, images, spread };
}

/** Reads what {@link encodeLabels} wrote. @throws {Error} where a line is none of its. */
export function decodeLabels(bytes: Uint8Array): ImageLabel[] {
  return parse(bytes).map((line) => ({ id: line.id, ...known(line) }));
}

/** Lines `{"id", "camera", "time", "embedding": [...]}`; camera and time only where they are known. */
export function encodeJsonl(images: readonly ImageEmbedding[]): Uint8Array<ArrayBuffer> {
  return lines(images.map(({ id, camera, time, embedding, ...rest }) => {
    const numbers = Array.from(embedding, (x) => Number(x.toPrecision(DIGITS)));
    return JSON.stringify({ id, camera, time, ...trackletFields({ id, ...rest }), embedding: numbers });
  }));
}

/** Reads what {@link encodeJsonl} wrote. @throws {Error} where a line is none of its. */
export function decodeJsonl(bytes: Uint8Array): ImageEmbedding[] {
  return parse(bytes).map((line) => {
    const { id, embedding } = line;
    if (!Array.isArray(embedding)) throw new Error(`${id} has no embedding`);
    return { id, ...known(line), embedding: Float32Array.from(embedding) };
  });
}

/** The fields that have a value. Files of earlier versions have cameras as numbers. */
export function known({ camera, time, tracklet, images, spread }: MaybeKnown) {
  return {
    ...(camera != null && { camera: String(camera) }),
    ...(time != null && { time }),
    ...(tracklet != null && { tracklet }),
    ...(images != null && { images }),
    ...(spread != null && { spread }),
  };
}

interface MaybeKnown {
  readonly camera?: string | number | null;
  readonly time?: number | null;
  readonly tracklet?: string | null;
  readonly images?: number | null;
  readonly spread?: number | null;
}

function lines(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
}

/** A line, of which only the id was checked. */
interface Line extends MaybeKnown {
  readonly id: string;
  readonly embedding?: unknown;
}

function parse(bytes: Uint8Array): Line[] {
  const texts = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  return texts.map((text, i) => {
    const value = JSON.parse(text);
    if (typeof value?.id !== "string") throw new Error(`line ${i + 1} has no id`);
    return value;
  });
}
