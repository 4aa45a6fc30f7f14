/** Draws people in the page: pictures to show, and the same at the network's size. */
import { resizeToRgb } from "../../../data/images/resize.ts";
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
  /** The person on each picture. */
  readonly identity: Int32Array;
  /** The camera of each picture, from 1. */
  readonly camera: Int32Array;
}

/** The people to draw: `count` from number `first` on, with `each` pictures by every camera. */
export interface Cast {
  readonly first: number;
  readonly count: number;
  readonly each: number;
}

/** Draws a cast. Equal casts give equal pictures; different numbers are different people. */
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

/** Pictures at the network's size as packed bytes, [images, uint32], the input of a program. */
export function packedPixels(
  people: People,
  images: readonly number[] | Int32Array,
): Uint32Array<ArrayBuffer> {
  const bytes = new Uint8Array(images.length * INPUT_BYTES); // Divisible by four.
  for (const [i, image] of images.entries()) {
    bytes.set(people.pixels.subarray(image * INPUT_BYTES, (image + 1) * INPUT_BYTES), i * INPUT_BYTES);
  }
  return new Uint32Array(bytes.buffer);
}
