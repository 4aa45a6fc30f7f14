/** Geometry of sums, maxima and minima over any axes, and of what spreads a gradient over them again. */
import { BINARY_FUNCTIONS, type BinaryOperation, fourAxes } from "../elementwise/binary.ts";
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { elementCount, lastAxis, rowCount, tensorBytes, vec4Count, vec4s } from "../wgsl/storage.ts";
import { splitReduction } from "./sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import broadcastSource from "./broadcast.wgsl" with { type: "text" };
import argSource from "./arg_reduce.wgsl" with { type: "text" };
import axisGroupsSource from "./axis_groups.wgsl" with { type: "text" };
import source from "./reduce.wgsl" with { type: "text" };
import channelsSource from "./reduce_channels.wgsl" with { type: "text" };

/** Adjacent axes that stay, or adjacent axes that are reduced: how many vec4s, how far apart. */
interface AxisGroup {
  size: number;
  stride: number;
}

/** What a reduction makes of the elements. */
export type Reduction = "sum" | "max" | "min";

/** The function by which two numbers become one. */
const JOIN = { sum: "add", max: "maximum", min: "minimum" } as const satisfies Record<
  Reduction,
  BinaryOperation
>;

/** Shape of a reduction over `axes`. */
export function reducedShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * The same reduction with adjacent axes merged, as far as the result lies in memory as before, where there are more than
 * four; undefined where more than four are left.
 */
export function mergedReduction(
  shape: readonly number[],
  axes: readonly number[],
): { shape: readonly number[]; axes: readonly number[] } | undefined {
  if (shape.length <= 4) return { shape, axes };
  // Rows are padded: the last axis, and the last that stays, are not merged with those before them.
  const lastKept = shape.findLastIndex((_, axis) => !axes.includes(axis));
  const groups: { size: number; reduced: boolean; open: boolean }[] = [];
  for (const [axis, size] of shape.entries()) {
    const reduced = axes.includes(axis);
    const alone = axis === shape.length - 1 || axis === lastKept;
    const group = groups.at(-1);
    if (group && group.reduced === reduced && group.open && !alone) group.size *= size;
    else groups.push({ size, reduced, open: !alone });
  }
  if (groups.length > 4) return undefined;
  return {
    shape: groups.map(({ size }) => size),
    axes: groups.flatMap(({ reduced }, axis) => reduced ? [axis] : []),
  };
}

function mergedOrThrow(shape: readonly number[], axes: readonly number[]) {
  const merged = mergedReduction(shape, axes);
  if (!merged) {
    throw new RangeError(`Axes [${axes}] of [${shape}] alternate too often to reduce them at once`);
  }
  return merged;
}

/**
 * Reduction over `axes`, cut into slices where the adapter's threads would otherwise not be reached; reduce the slices
 * unless there is only one. Bindings: `x`, `y` [slices, vec4s of the result].
 */
export function reduce(
  operation: Reduction,
  whole: readonly number[],
  over: readonly number[],
  { parallelism }: Target,
): { dispatch: Dispatch; slices: number } {
  const { shape, axes } = mergedOrThrow(whole, over);
  const kept = axisGroups(shape, axes, false);
  const reduced = axisGroups(shape, axes, true);
  const target = reducedShape(shape, axes);
  const kept4 = vec4s(target);
  const length = reduced.reduce((product, group) => product * group.size, 1);
  const { slices } = splitReduction(length, kept4, parallelism, 32);
  const channelsToo = axes.includes(shape.length - 1);
  const join = `fn join(a: vec4f, b: vec4f) -> vec4f { return ${BINARY_FUNCTIONS[JOIN[operation]]}; }`;
  const channels = lastAxis(shape);
  const dispatch: Dispatch = {
    kernel: channelsToo ? "reduce_channels" : "reduce",
    source: [join, axisGroupsSource, channelsToo ? channelsSource : source].join("\n"),
    bindings: [reads("x"), writes("y")],
    constants: {
      SLICES: slices,
      ...(channelsToo
        ? {
          ROWS: rowCount(target),
          CHANNELS: lastAxis(target),
          C4: vec4Count(lastAxis(target)),
          X_CHANNELS: channels,
          X_C4: vec4Count(channels),
        }
        : { KEPT: kept4 }),
      ...groupConstants("KEPT", kept),
      REDUCED: length,
      ...groupConstants("REDUCED", reduced),
    },
    ...(channelsToo && { tile: { PADDED: operation !== "sum" && channels % 4 !== 0 ? 1 : 0 } }),
    workgroups: flatWorkgroups(slices * kept4),
    cost: { flops: elementCount(shape), bytes: tensorBytes(shape) + slices * tensorBytes(target) },
  };
  return { dispatch, slices };
}

/** The indices of the maxima or minima along one axis, of equal ones the first. Bindings: `x`, `y` (u32, without the axis). */
export function argReduce(operation: "max" | "min", shape: readonly number[], axis: number): Dispatch {
  const size = shape[axis];
  if (size === undefined) throw new RangeError(`A shape [${shape}] has no axis ${axis}`);
  const outer = elementCount(shape.slice(0, axis));
  const after = shape.slice(axis + 1);
  const last = after.length === 0;
  const better = operation === "max" ? "a > b" : "a < b";
  return {
    kernel: "arg_reduce",
    source: [
      `fn better(a: f32, b: f32) -> bool { return ${better} || (is_nan(vec4f(a)).x && !is_nan(vec4f(b)).x); }`,
      argSource,
    ].join("\n"),
    bindings: [reads("x"), writes("y", "u32")],
    constants: {
      OUTER: outer,
      SIZE: size,
      INNER: elementCount(after),
      X_ROW: 4 * (last ? vec4Count(size) : size * vec4s(after)),
      X_STRIDE: last ? 1 : 4 * vec4s(after),
      CHANNELS: lastAxis(after),
      C4: vec4Count(lastAxis(after)),
    },
    workgroups: flatWorkgroups(outer * elementCount(after)),
    cost: { flops: elementCount(shape), bytes: tensorBytes(shape) + 4 * outer * elementCount(after) },
  };
}

/** Spreads `dy` over the axes that were reduced: the gradient of a sum. Bindings: `dy`, `dx`. */
export function broadcast(whole: readonly number[], over: readonly number[]): Dispatch {
  const { shape, axes } = mergedOrThrow(whole, over);
  const [d0, d1, d2, channels] = fourAxes(shape);
  const c4 = vec4Count(channels);
  const lead = 4 - shape.length;
  const splat = axes.includes(shape.length - 1);
  // The innermost axis that stays is the last axis of dy, and padded there.
  let stride = splat ? 1 : c4;
  let padded = !splat;
  /** How far dy moves for one step along an axis; called for the innermost first. */
  const step = (axis: number, size: number): number => {
    if (axis < lead || axes.includes(axis - lead)) return 0;
    const own = stride;
    stride *= padded ? size : vec4Count(size) * 4;
    padded = true;
    return own;
  };
  const [k, j, i] = [step(2, d2), step(1, d1), step(0, d0)];
  return {
    kernel: "broadcast",
    source: broadcastSource,
    bindings: [reads("dy"), writes("dx")],
    constants: {
      ROWS: rowCount(shape),
      D1: d1,
      D2: d2,
      CHANNELS: channels,
      C4: c4,
      S_I: i,
      S_J: j,
      S_K: k,
    },
    tile: { SPLAT: splat ? 1 : 0 },
    workgroups: flatWorkgroups(vec4s(shape)),
    cost: { flops: 0, bytes: tensorBytes(shape) + tensorBytes(reducedShape(shape, axes)) },
  };
}

/** The axes that are reduced, or those that stay, merged where they lie next to each other. At most two remain. */
function axisGroups(shape: readonly number[], axes: readonly number[], reduced: boolean): AxisGroup[] {
  const lead = 4 - shape.length;
  const sizes = fourAxes(shape);
  sizes[3] = vec4Count(sizes[3]);
  const groups: AxisGroup[] = [];
  let stride = vec4s(shape);
  sizes.forEach((size, axis) => {
    stride /= size;
    if (size === 1 || axes.includes(axis - lead) !== reduced) return;
    const outer = groups.at(-1);
    if (outer?.stride === size * stride) {
      outer.size *= size;
      outer.stride = stride;
    } else {
      groups.push({ size, stride });
    }
  });
  return groups;
}

function groupConstants(name: string, groups: readonly AxisGroup[]): Record<string, number> {
  const [outer, inner] = groups.length === 2 ? groups : [undefined, groups[0]];
  return {
    [`${name}_INNER`]: inner?.size ?? 1,
    [`${name}_INNER_STRIDE`]: inner?.stride ?? 0,
    [`${name}_OUTER_STRIDE`]: outer?.stride ?? 0,
  };
}
