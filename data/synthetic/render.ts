import { Random } from "../../engine/random.ts";
import { itemAt } from "../../engine/item_at.ts";
import { type Camera, develop, drawCameras, gaussianBlur } from "./camera.ts";
import { Canvas } from "./canvas.ts";
import { drawFigure } from "./figure.ts";
import { drawPerson, type Person } from "./person.ts";
import { drawOccluder, drawScene, showScene } from "./scene.ts";
import type { SyntheticOptions } from "./options.ts";
import type { Placement, Pose } from "./skeleton.ts";

/** Pixels of a picture, as in Market-1501. */
export const WIDTH = 64, HEIGHT = 128;

/** Pictures are drawn this much larger and averaged down. */
const OVERSAMPLING = 2;

/** The box that the picture is cut by: around a known person, around a distractor, or badly around a known person. */
export type ShotKind = "person" | "distractor" | "junk";

/** Identifies one picture; together with the seed it decides every pixel. */
export interface Shot {
  kind: ShotKind;
  /** Number of the person's looks, 0, 1, ...; distractors have separate numbers. */
  person: number;
  /** 1, 2, ... */
  camera: number;
  /** Number of the picture among this person's in this camera. */
  index: number;
}

/** A picture before it is encoded. */
export interface Picture {
  /** RGBA, [HEIGHT, WIDTH, 4]. */
  pixels: Uint8ClampedArray;
  /** JPEG quality, 1 to 100. */
  quality: number;
}

/** What the forks of the seed are for. */
const enum Purpose {
  Person,
  Cameras,
  Scene,
  Track,
  Shot,
}

const KINDS: readonly ShotKind[] = ["person", "distractor", "junk"];

/** Draws the pictures of one seed. Each depends only on the seed and its shot, not on those drawn before. */
export class Renderer {
  readonly #root: Random;
  readonly #cameras: Camera[];
  readonly #scenes = new Map<number, Canvas>();
  readonly #large = new Canvas(WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING);

  constructor(readonly options: SyntheticOptions) {
    this.#root = new Random(options.seed);
    this.#cameras = drawCameras(options, this.#root.fork(Purpose.Cameras));
  }

  /** Draws one picture. */
  render(shot: Shot): Picture {
    const kind = KINDS.indexOf(shot.kind);
    const camera = itemAt(this.#cameras, shot.camera - 1);
    // A distractor is a separate passer-by; junk is a bad box around a person of the dataset.
    const people = shot.kind === "distractor" ? 1 : 0;
    const person = drawPerson(this.#root.fork(Purpose.Person, people), shot.person);
    const track = this.#root.fork(Purpose.Track, kind, shot.person, shot.camera);
    const random = this.#root.fork(Purpose.Shot, kind, shot.person, shot.camera, shot.index);

    const canvas = this.#large;
    const scene = this.#scene(shot.camera);
    const sceneLeft = track.integer(scene.width - canvas.width - 24) + random.integer(24);
    showScene(scene, canvas, sceneLeft, random.integer(scene.height - canvas.height));
    this.#drawPeople(canvas, person, camera, shot.kind, track, random);
    if (random.next() < this.options.occlusion) drawOccluder(canvas, random);

    const windowWidth = canvas.width * random.uniform(0.7, 0.82);
    const pixels = averageDown(canvas, (canvas.width - windowWidth) / 2, windowWidth);
    gaussianBlur(pixels, WIDTH, HEIGHT, camera.blur * random.uniform(0.8, 1.25));
    const quality = Math.max(30, Math.min(95, Math.round(camera.quality + 4 * random.normal())));
    return { pixels: develop(pixels, WIDTH, HEIGHT, camera, random), quality };
  }

  #scene(camera: number): Canvas {
    let scene = this.#scenes.get(camera);
    if (scene === undefined) {
      const random = this.#root.fork(Purpose.Scene, camera);
      scene = drawScene(8 * WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING + 24, random);
      this.#scenes.set(camera, scene);
    }
    return scene;
  }

  #drawPeople(
    canvas: Canvas,
    person: Person,
    camera: Camera,
    kind: ShotKind,
    track: Random,
    random: Random,
  ): void {
    const { width, height } = canvas;
    // Within a camera a person walks in one direction, which varies little from picture to picture.
    const yaw = camera.path + (track.next() < 0.5 ? 0 : Math.PI) + 0.35 * track.normal() +
      0.15 * random.normal();
    const pose: Pose = { yaw, phase: random.uniform(0, 2 * Math.PI), stride: track.uniform(0.08, 0.48) };
    const light = { side: camera.lightSide, folds: random.uniform(0, 2 * Math.PI) };
    const unit = height * camera.scale * Math.exp(0.04 * random.normal());
    const placement: Placement = {
      unit,
      footX: width * (0.5 + 0.025 * random.normal()),
      footY: height * (0.5 + 0.025 * random.normal()) + 0.5 * unit * Math.cos(camera.pitch),
      pitch: camera.pitch,
    };
    if (kind === "junk" || (kind === "distractor" && random.next() < 0.5)) {
      // A box that a detector got wrong: far too large, too small, or beside the person.
      const side = random.next() < 0.5 ? -1 : 1;
      placement.unit *= random.pick([0.45, 1.7, 2.1]);
      placement.footX += side * width * random.uniform(0.2, 0.45);
      placement.footY += height * random.uniform(-0.25, 0.35);
    }

    if (this.options.boxError > 0) misplaceBox(placement, this.options.boxError, width, height, random);

    const company = random.next(), share = this.options.company;
    const drawCompanion = (size: number, aside: number, down: number) => {
      const offset = (random.next() < 0.5 ? -1 : 1) * width * random.uniform(0.38, 0.55) *
        this.options.companyDistance;
      const other = drawPerson(random, random.integer(1000));
      const turned = { ...pose, yaw: pose.yaw + random.normal(), phase: random.uniform(0, 2 * Math.PI) };
      const beside = {
        ...placement,
        unit: placement.unit * size,
        footX: placement.footX + aside * offset,
        footY: placement.footY + down * height,
      };
      drawFigure(canvas, other, turned, beside, light);
    };
    if (company < share * 2 / 3) drawCompanion(0.9, 1, -0.05); // Behind the person.
    drawFigure(canvas, person, pose, placement, light);
    if (company > 1 - share / 3) drawCompanion(1.06, 1.1, 0.05); // In front.
  }
}

/** Least overlap with the right box, as intersection over union, of an accepted box. */
const LEAST_OVERLAP = 0.5;

/**
 * Moves a person as an inaccurate box of a detector shows them: aside, too high or low, too large or small, cut off.
 * Draws again until the boxes overlap enough.
 */
function misplaceBox(
  placement: Placement,
  error: number,
  width: number,
  height: number,
  random: Random,
): void {
  const boxWidth = 0.76 * width;
  for (;;) {
    const size = Math.exp(error * random.normal());
    const dx = error * random.normal(), dy = error * random.normal();
    // In units of the right box, which is the unit square.
    const common = overlap(size, dx) * overlap(size, dy);
    if (common / (1 + size * size - common) < LEAST_OVERLAP) continue;
    placement.footX = width / 2 + (placement.footX - width / 2 - dx * boxWidth) / size;
    placement.footY = height / 2 + (placement.footY - height / 2 - dy * height) / size;
    placement.unit /= size;
    return;
  }
}

/** The length that intervals of lengths 1 and `size` have in common, their middles `distance` apart. */
function overlap(size: number, distance: number): number {
  return Math.max(0, Math.min(0.5, distance + size / 2) - Math.max(-0.5, distance - size / 2));
}

/**
 * Averages a window of the canvas, over its full height, down to [HEIGHT, WIDTH, 3]. Boxes of people are narrower
 * than 1:2 and are stretched to it.
 */
function averageDown(canvas: Canvas, left: number, windowWidth: number): Float32Array {
  const out = new Float32Array(WIDTH * HEIGHT * 3);
  const step = windowWidth / WIDTH;
  for (let x = 0; x < WIDTH; x++) {
    const start = left + x * step, end = start + step;
    for (let from = Math.floor(start); from < end; from++) {
      const share = (Math.min(end, from + 1) - Math.max(start, from)) / (step * OVERSAMPLING);
      for (let y = 0; y < canvas.height; y++) {
        const source = 3 * (y * canvas.width + from);
        const target = 3 * (Math.floor(y / OVERSAMPLING) * WIDTH + x);
        for (let channel = 0; channel < 3; channel++) {
          out[target + channel]! += share * canvas.data[source + channel]!;
        }
      }
    }
  }
  return out;
}
