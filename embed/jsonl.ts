/** Vectors, or their ids alone, as JSON lines: one object to an image. */
import type { ImageEmbedding } from "./embed_images.ts";

/** An image without its vector. */
export type ImageLabel = Omit<ImageEmbedding, "embedding">;

/** Nine significant digits identify every float32, so that reading returns the same bits. */
const DIGITS = 9;

/** Lines `{"id", "camera", "time"}`; camera and time only where they are known. */
export function encodeLabels(images: readonly ImageLabel[]): Uint8Array<ArrayBuffer> {
  return lines(images.map(({ id, camera, time }) => JSON.stringify({ id, camera, time })));
}

/** Reads what {@link encodeLabels} wrote. @throws {Error} where a line is none of its. */
export function decodeLabels(bytes: Uint8Array): ImageLabel[] {
  return parse(bytes).map(({ id, camera, time }) => ({ id, ...known({ camera, time }) }));
}

/** Lines `{"id", "camera", "time", "embedding": [...]}`; camera and time only where they are known. */
export function encodeJsonl(images: readonly ImageEmbedding[]): Uint8Array<ArrayBuffer> {
  return lines(images.map(({ id, camera, time, embedding }) => {
    const numbers = Array.from(embedding, (x) => Number(x.toPrecision(DIGITS)));
    return JSON.stringify({ id, camera, time, embedding: numbers });
  }));
}

/** Reads what {@link encodeJsonl} wrote. @throws {Error} where a line is none of its. */
export function decodeJsonl(bytes: Uint8Array): ImageEmbedding[] {
  return parse(bytes).map(({ id, camera, time, embedding }) => {
    if (!Array.isArray(embedding)) throw new Error(`${id} has no embedding`);
    return { id, ...known({ camera, time }), embedding: Float32Array.from(embedding) };
  });
}

/** The fields that have a value. Files of earlier versions have cameras as numbers. */
export function known({ camera, time }: { camera?: string | number | null; time?: number | null }) {
  return { ...(camera != null && { camera: String(camera) }), ...(time != null && { time }) };
}

function lines(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
}

/** A line, of which only the id was checked. */
interface Line {
  readonly id: string;
  readonly camera?: string | number;
  readonly time?: number;
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
