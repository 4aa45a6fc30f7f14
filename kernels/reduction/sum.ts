/** Geometry of sums over any axes of a tensor of up to four, and of their gradient. */
import { fourAxes } from "../elementwise/binary.ts";
import { type Dispatch, flatWorkgroups, reads, writes } from "../wgsl/dispatch.ts";
import { elementCount, lastAxis, rowCount, tensorBytes, vec4Count, vec4s } from "../wgsl/storage.ts";
import { splitReduction } from "./sum_slices.ts";
import type { Target } from "../wgsl/target.ts";
import broadcastSource from "./broadcast.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };
import sumChannelsSource from "./sum_channels.wgsl" with { type: "text" };

/** Adjacent axes that stay, or adjacent axes that are summed: how many vec4s, how far apart. */
interface AxisGroup {
  size: number;
  stride: number;
}

/** Shape of a sum over `axes`. */
export function sumShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/**
 * Sum over `axes`, cut into slices where the adapter's threads would otherwise not be reached; sum the slices
 * unless there is only one. Bindings: `x`, `y` [slices, vec4s of the sum].
 */
export function sum(
  shape: readonly number[],
  axes: readonly number[],
  { parallelism }: Target,
): { dispatch: Dispatch; slices: number } {
  const kept = axisGroups(shape, axes, false);
  const reduced = axisGroups(shape, axes, true);
  const target = sumShape(shape, axes);
  const kept4 = vec4s(target);
  const length = reduced.reduce((product, group) => product * group.size, 1);
  const { slices } = splitReduction(length, kept4, parallelism, 32);
  const channelsToo = axes.includes(shape.length - 1);
  const dispatch: Dispatch = {
    kernel: channelsToo ? "sum_channels" : "sum",
    source: channelsToo ? sumChannelsSource : sumSource,
    bindings: [reads("x"), writes("y")],
    constants: {
      SLICES: slices,
      ...(channelsToo
        ? { ROWS: rowCount(target), CHANNELS: lastAxis(target), C4: vec4Count(lastAxis(target)) }
        : { KEPT: kept4 }),
      ...groupConstants("KEPT", kept),
      REDUCED: length,
      ...groupConstants("REDUCED", reduced),
    },
    workgroups: flatWorkgroups(slices * kept4),
    cost: { flops: elementCount(shape), bytes: tensorBytes(shape) + slices * tensorBytes(target) },
  };
  return { dispatch, slices };
}

/** The gradient of a sum over `axes`: spreads `dy` over the shape that was summed. Bindings: `dy`, `dx`. */
export function broadcast(shape: readonly number[], axes: readonly number[]): Dispatch {
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
    cost: { flops: 0, bytes: tensorBytes(shape) + tensorBytes(sumShape(shape, axes)) },
  };
}

/** The axes that are summed, or those that stay, merged where they lie next to each other. At most two remain. */
function axisGroups(shape: readonly number[], axes: readonly number[], summed: boolean): AxisGroup[] {
  const lead = 4 - shape.length;
  const sizes = fourAxes(shape);
  sizes[3] = vec4Count(sizes[3]);
  const groups: AxisGroup[] = [];
  let stride = vec4s(shape);
  sizes.forEach((size, axis) => {
    stride /= size;
    if (size === 1 || axes.includes(axis - lead) !== summed) return;
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
