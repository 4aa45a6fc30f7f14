/** The sizes of an op's tensors, by the letters of their layouts: what every op checks first. */
import { kindOf } from "../checks.ts";
import { EngineError, ShapeError } from "../errors.ts";

/** A tensor and its layout: letters for sizes, whole numbers for fixed ones, "..." first for any axes before. */
type Given = readonly [{ readonly shape: readonly number[] }, string];

type Letter<Axis extends string> = Axis extends `${number}` | "..." ? never : Axis;

/** The letters of a layout: "N" | "C" of "N 3 C". */
type Letters<Layout extends string> = Layout extends `${infer Axis} ${infer Others}`
  ? Letter<Axis> | Letters<Others>
  : Letter<Layout>;

type Sizes<Tensors extends Readonly<Record<string, Given>>> = Readonly<
  Record<Letters<Tensors[keyof Tensors][1]>, number>
>;

/**
 * The size behind each letter: `sizesOf("dense", { x: [x, "M K"], weight: [w, "K N"] })` gives M, K and N.
 *
 * @throws {EngineError} when one is no tensor.
 * @throws {ShapeError} when a tensor has another number of axes, or a letter stands for two sizes; names the op, the
 *   layouts and the shapes.
 */
export function sizesOf<const Tensors extends Readonly<Record<string, Given>>>(
  op: string,
  tensors: Tensors,
): Sizes<Tensors> {
  const sizes: Record<string, number> = {};
  for (const [name, [tensor]] of Object.entries(tensors)) {
    if (Array.isArray(tensor?.shape)) continue;
    throw new EngineError(`${op}() takes a tensor as ${name}; got ${kindOf(tensor)}`);
  }
  const fits = Object.values(tensors).every(([{ shape }, layout]) => {
    const axes = layout.split(" ");
    const open = axes[0] === "...";
    if (open) axes.shift();
    const own = open ? shape.slice(Math.max(0, shape.length - axes.length)) : shape;
    return own.length === axes.length && own.every((size, i) => {
      const axis = axes[i] ?? "";
      return size === (/^\d/.test(axis) ? Number(axis) : sizes[axis] ??= size);
    });
  });
  if (fits) return sizes as Sizes<Tensors>; // Each letter was met.
  const entries = Object.entries(tensors);
  const takes = entries.map(([name, [, layout]]) => `${name} [${layout.replaceAll(" ", ", ")}]`);
  const got = entries.map(([, [{ shape }]]) => `[${shape}]`);
  throw new ShapeError(`${op}() takes ${listed(takes)}; got ${listed(got)}`);
}

function listed(items: readonly string[]): string {
  return [items.slice(0, -1).join(", "), ...items.slice(-1)].filter((part) => part !== "").join(" and ");
}
