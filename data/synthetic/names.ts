import type { Random } from "../../engine/random.ts";
import { itemAt } from "../../engine/item_at.ts";
import type { Shot } from "./render.ts";

/** `0002_c1s1_000451_03.jpg`: who, which camera, which recording of it, which frame, which box of the frame. */
function fileName(identity: number, camera: number, sequence: number, frame: number, box: number): string {
  const who = identity === -1 ? "-1" : String(identity).padStart(4, "0");
  const inFrame = String(box).padStart(2, "0");
  return `${who}_c${camera}s${sequence}_${String(frame).padStart(6, "0")}_${inFrame}.jpg`;
}

/** Unique names: cameras record in sequences, and time advances from picture to picture. */
export class RecordingNames {
  readonly #random: Random;
  readonly #frames = new Map<number, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** The name of the next picture. */
  next(identity: number, { camera }: Shot): string {
    const frame = (this.#frames.get(camera) ?? 0) + 5 + this.#random.integer(40);
    this.#frames.set(camera, frame);
    return fileName(identity, camera, 1 + Math.floor(frame / 20_000), frame, this.#random.integer(6));
  }
}

/** Frames a second, as in Market-1501. */
const FRAME_RATE = 25;
/** Seconds that all cameras record, by one clock. */
const RECORDING = 3600;
/** Meters from the first camera of the path to the last. */
const WAY = 250;
/** Seconds between pictures of one person in one camera, about. */
const BETWEEN_PICTURES = 0.6;

/**
 * Names whose frame numbers follow from walks: the cameras stand along a path, in random order, and everybody walks it
 * once, in one of the two directions, at an individual pace. The frames in which two cameras see one person are
 * therefore about as far apart as the cameras. All cameras record one sequence by one clock.
 */
export class WalkNames {
  readonly #random: Random;
  readonly #positions: number[];
  readonly #walks = new Map<string, { start: number; pace: number }>();
  readonly #taken = new Set<string>();

  constructor(cameras: number, random: Random) {
    this.#random = random;
    this.#positions = random.shuffle(
      Array.from({ length: cameras }, (_, i) => WAY * (i + random.uniform(0.1, 0.9)) / cameras),
    );
  }

  /** The name of a picture. */
  next(identity: number, { kind, person, camera, index }: Shot): string {
    const { start, pace } = this.#walk(`${kind === "distractor" ? kind : "person"} ${person}`);
    const position = itemAt(this.#positions, camera - 1);
    const arrival = start + (pace > 0 ? position : position - WAY) / pace;
    const lingers = (index + this.#random.uniform(-0.4, 0.4)) * BETWEEN_PICTURES;
    let frame = Math.round(FRAME_RATE * Math.max(0, arrival + 2 * this.#random.normal() + lingers));
    const box = this.#random.integer(6);
    let name = fileName(identity, camera, 1, frame, box);
    while (this.#taken.has(name)) name = fileName(identity, camera, 1, ++frame, box);
    this.#taken.add(name);
    return name;
  }

  /** When a person starts, in seconds, and the pace in meters per second; below 0 from the far end. */
  #walk(who: string): { start: number; pace: number } {
    let walk = this.#walks.get(who);
    if (walk === undefined) {
      const way = this.#random.next() < 0.5 ? -1 : 1;
      walk = {
        start: this.#random.uniform(0, RECORDING),
        pace: way * 1.35 * Math.exp(0.15 * this.#random.normal()),
      };
      this.#walks.set(who, walk);
    }
    return walk;
  }
}
