import type { Random } from "../../engine/random.ts";
import { itemAt } from "../../engine/item_at.ts";
import type { Rgb } from "./canvas.ts";

/**
 * The few colors of all garments: people differ in where a color is worn, in which texture and with which other
 * things.
 */
export const PALETTE = {
  black: [0.09, 0.09, 0.1],
  white: [0.86, 0.86, 0.84],
  gray: [0.45, 0.45, 0.47],
  red: [0.66, 0.13, 0.15],
  blue: [0.13, 0.25, 0.6],
  green: [0.16, 0.42, 0.22],
  yellow: [0.82, 0.66, 0.2],
  brown: [0.4, 0.26, 0.15],
} as const satisfies Record<string, Rgb>;

/** The pattern of a garment's two colors. */
export type Texture = "plain" | "stripes" | "pinstripes" | "checks" | "dots" | "block" | "logo" | "raglan";

/** Garments of the upper body. */
export type UpperKind = "t-shirt" | "shirt" | "jacket" | "coat";
/** Garments of the lower body; a dress covers both. */
export type LowerKind = "trousers" | "leggings" | "shorts" | "skirt" | "dress";

/** A garment's look. */
export interface Garment<Kind> {
  kind: Kind;
  texture: Texture;
  primary: Rgb;
  secondary: Rgb;
}

/** Everything about a person that stays the same from camera to camera. */
export interface Person {
  /** Height relative to the average. */
  height: number;
  /** Width relative to the average. */
  build: number;
  skin: Rgb;
  hair: { color: Rgb; length: "bald" | "short" | "medium" | "long" };
  upper: Garment<UpperKind>;
  lower: Garment<LowerKind>;
  shoes: Rgb;
  backpack?: Rgb;
  handbag?: { color: Rgb; side: -1 | 1 };
  hat?: { color: Rgb; kind: "cap" | "beanie" };
  scarf?: Rgb;
}

const COLORS: readonly Rgb[] = Object.values(PALETTE);
const SKINS: readonly Rgb[] = [[0.87, 0.69, 0.58], [0.78, 0.58, 0.45], [0.62, 0.43, 0.31], [0.4, 0.26, 0.18]];
const HAIRS: readonly Rgb[] = [[0.07, 0.06, 0.06], [0.22, 0.13, 0.08], [0.66, 0.5, 0.26], [0.55, 0.54, 0.53]];
const TEXTURES: readonly Texture[] = [
  "plain",
  "stripes",
  "pinstripes",
  "checks",
  "dots",
  "block",
  "logo",
  "raglan",
];

/** People of one group share their colors. */
export const GROUP = 4;

/** The colors that a group shares, and the texture of each member's upper garment. */
interface GroupColors {
  first: Rgb;
  second: Rgb;
  third: Rgb;
  textures: Texture[];
}

/**
 * Draws a person's looks. GROUP consecutive people dress in the same three colors, so that colors alone do not
 * distinguish them: one wears above what another wears below, in another texture and cut, with other things.
 *
 * @param root Decides all people of a set.
 * @param number Which of them.
 */
export function drawPerson(root: Random, number: number): Person {
  const colors = drawGroup(root.fork(0, Math.floor(number / GROUP)));
  return dress(root.fork(1, number), colors, number % GROUP);
}

function drawGroup(random: Random): GroupColors {
  const colors = random.shuffle([...COLORS]);
  return {
    first: itemAt(colors, 0),
    second: itemAt(colors, 1),
    third: itemAt(colors, 2),
    textures: random.shuffle([...TEXTURES]),
  };
}

function dress(random: Random, colors: GroupColors, member: number): Person {
  const swapped = member % 2 === 1;
  const [primary, below] = swapped ? [colors.second, colors.first] : [colors.first, colors.second];
  const has = (share: number) => random.next() < share;
  const carried = () => random.pick([colors.first, colors.second, colors.third]);

  const lowerKind = choose(random, { trousers: 4, leggings: 2, shorts: 2, skirt: 1.5, dress: 0.7 });
  const upper: Garment<UpperKind> = {
    kind: lowerKind === "dress"
      ? "t-shirt"
      : choose(random, { "t-shirt": 4, shirt: 3, jacket: 3, coat: 1.5 }),
    texture: itemAt(colors.textures, member),
    primary,
    secondary: lowerKind === "dress" ? below : colors.third,
  };
  const lower: Garment<LowerKind> = lowerKind === "dress" ? { ...upper, kind: "dress" } : {
    kind: lowerKind,
    texture: choose(random, { plain: 6, pinstripes: 1, checks: 1, block: 1 }),
    primary: below,
    secondary: colors.third,
  };
  return {
    height: random.uniform(0.91, 1.06),
    build: random.uniform(0.84, 1.24),
    skin: random.pick(SKINS),
    hair: {
      color: random.pick(HAIRS),
      length: choose(random, { bald: 0.6, short: 4, medium: 2, long: 3 }),
    },
    upper,
    lower,
    shoes: random.pick([PALETTE.black, PALETTE.white, PALETTE.brown, PALETTE.red]),
    ...has(0.28) && { backpack: carried() },
    ...has(0.25) && { handbag: { color: carried(), side: has(0.5) ? 1 : -1 } },
    ...has(0.2) && { hat: { color: carried(), kind: has(0.5) ? "cap" : "beanie" } },
    ...has(0.12) && { scarf: carried() },
  };
}

/** One of the keys, with a probability in proportion to its value. */
function choose<K extends string>(random: Random, weights: Record<K, number>): K {
  let left = random.next() * Object.values<number>(weights).reduce((sum, weight) => sum + weight, 0);
  let chosen: K | undefined;
  for (const key in weights) {
    chosen = key;
    left -= weights[key];
    if (left < 0) break;
  }
  if (chosen === undefined) throw new RangeError("There is nothing to choose from");
  return chosen;
}
