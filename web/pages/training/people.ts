/** People drawn in the page: pictures to look at, and the same at the network's size. */
import { resizeToRgb } from "../../../data/resize.ts";
import { completeOptions } from "../../../data/synthetic/options.ts";
import { Renderer, type Shot } from "../../../data/synthetic/render.ts";
import { INPUT, PICTURE } from "./picture_size.ts";

const PICTURE_BYTES = PICTURE.height * PICTURE.width * 4, INPUT_BYTES = INPUT.height * INPUT.width * 3;

/** Cameras that see everybody. They differ in view, light, color and background. */
const CAMERAS = 4;

/** Pictures of people, grouped by person. */
export interface People {
  /** RGBA, [pictures, 128, 64, 4]. */
  readonly pictures: Uint8ClampedArray<ArrayBuffer>;
  /** RGB at the network's size, [pictures, 64, 32, 3]. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Who is on each picture. */
  readonly identity: Int32Array;
  /** Which camera took it, from 1. */
  readonly camera: Int32Array;
}

/** Whom to draw: `count` people from number `first` on, `each` pictures by every camera. */
export interface Cast {
  readonly first: number;
  readonly count: number;
  readonly each: number;
}

/** Draws a cast; equal casts are equal pictures, and people with other numbers are other people. */
export function drawPeople({ first, count, each }: Cast, onProgress: (share: number) => void): People {
  const renderer = new Renderer(completeOptions({ cameras: CAMERAS }));
  const shots: Shot[] = [];
  for (let person = first; person < first + count; person++) {
    for (let camera = 1; camera <= CAMERAS; camera++) {
      for (let index = 0; index < each; index++) shots.push({ kind: "person", person, camera, index });
    }
  }
  const pictures = new Uint8ClampedArray(shots.length * PICTURE_BYTES);
  const pixels = new Uint8Array(shots.length * INPUT_BYTES);
  shots.forEach((shot, i) => {
    const picture = pictures.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES);
    picture.set(renderer.render(shot).pixels);
    const data = new Uint8Array(picture.buffer, picture.byteOffset, PICTURE_BYTES);
    const small = pixels.subarray(i * INPUT_BYTES, (i + 1) * INPUT_BYTES);
    resizeToRgb({ ...PICTURE, channels: 4, data }, small, INPUT.width, INPUT.height);
    onProgress((i + 1) / shots.length);
  });
  return {
    pictures,
    pixels,
    identity: Int32Array.from(shots, ({ person }) => person),
    camera: Int32Array.from(shots, ({ camera }) => camera),
  };
}

/** Pictures at the network's size as words of packed bytes, [images, words], as programs take them. */
export function packedPixels(people: People, images: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const bytes = new Uint8Array(images.length * INPUT_BYTES); // A whole number of words, for every image.
  for (let i = 0; i < images.length; i++) {
    bytes.set(
      people.pixels.subarray(images[i] * INPUT_BYTES, (images[i] + 1) * INPUT_BYTES),
      i * INPUT_BYTES,
    );
  }
  return new Uint32Array(bytes.buffer);
}
