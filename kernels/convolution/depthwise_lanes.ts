/** The depthwise 3×3 convolution on GPUs: workgroups whose lanes share rows of images, and leave sums for batch norm. */
import { epilogueText, leavingStatistics, type Left } from "../batch_norm/epilogues.ts";
import { outputSize } from "./convolution_shape.ts";
import { cost, type DepthwiseShape, inputTile, type OutputTile, padding, sizes } from "./depthwise_shape.ts";
import {
  type Dispatch,
  epilogueBindings,
  foldWorkgroups,
  type Prologue,
  prologueBindings,
  prologueConstants,
  reads,
  readsChannels,
  writes,
} from "../wgsl/dispatch.ts";
import { tensorBytes, vec4Count } from "../wgsl/storage.ts";
import type { Target } from "../wgsl/target.ts";
import { DEPTHWISE_TILES } from "../wgsl/variants.ts";
import laneColumns from "../reduction/lane_columns.wgsl" with { type: "text" };
import lanes from "./depthwise_conv_lanes.wgsl" with { type: "text" };
import gradients from "./depthwise_conv_gradients.wgsl" with { type: "text" };

/** Workgroups of lane columns, whatever the channels: few sizes make few shaders. Eight vec4s are a line of a GPU's cache. */
const LANES = { LANE_ROWS: 16, LANE_COLUMNS: 8, THREADS: 128 };
/** The tile of a thread there; the same for narrow images: what lies past the edge is left out. */
function laneTile({ stride }: DepthwiseShape): OutputTile {
  const { columns, strided } = DEPTHWISE_TILES.small;
  return stride === 1 ? { tileH: 2, tileW: columns } : { tileH: 1, tileW: strided };
}

/** Most tiles that a thread computes, one after another: of outputs, and where it leaves nine sums at the end. */
const MOST_TILES = { outputs: 8, gradients: 32 };

/** How workgroups of lane columns, each with four channels, share out `strips` of `tiles` tiles each. */
function laneSlices(
  s: DepthwiseShape,
  strips: number,
  tiles: number,
  { parallelism }: Target,
  most: number,
) {
  const c4 = vec4Count(s.channels);
  const groups = Math.ceil(c4 / LANES.LANE_COLUMNS);
  // Twice the threads that keep the adapter busy, so that the last ones do not wait for long.
  const each = Math.max(1, Math.min(most, Math.floor(strips * tiles * c4 / (2 * parallelism))));
  const sliceStrips = Math.max(1, Math.min(strips, Math.round(LANES.LANE_ROWS * each / tiles)));
  const slices = Math.ceil(strips / sliceStrips);
  return {
    slices,
    sliceStrips,
    workgroups: foldWorkgroups(slices * groups),
  };
}

/** The forward convolution as workgroups compute it whose lanes share rows of images. */
export function depthwiseInLanes(
  s: DepthwiseShape,
  operation: Pick<Dispatch, "bindings" | "constants" | "cost">,
  target: Target,
): Dispatch {
  const { oh, ow } = outputSize(s);
  const { tileH, tileW } = laneTile(s);
  // Whole strips: where tiles are of two rows, images must be, too.
  const height = oh % tileH === 0 ? tileH : 1;
  const strips = s.n * oh / height;
  const { slices, sliceStrips, ...shared } = laneSlices(
    s,
    strips,
    Math.ceil(ow / tileW),
    target,
    MOST_TILES.outputs,
  );
  const reach = (tile: number) => (tile - 1) * s.stride + 3;
  const tile = {
    TILE_H: height,
    TILE_W: tileW,
    ROWS: reach(height),
    COLUMNS: reach(tileW),
    STRIDE: s.stride,
  };
  const dispatch = (left: Left): Dispatch => {
    const epilogue = epilogueText(left);
    return {
      ...operation,
      kernel: "depthwise_conv_lanes",
      source: [...epilogue.sources, lanes].join("\n"),
      constants: { ...operation.constants, ...padding(s), SLICES: slices, SLICE_STRIPS: sliceStrips },
      tile: { ...tile, ...LANES, ...epilogue.tile },
      workgroups: shared.workgroups,
    };
  };
  const sliceRows = sliceStrips * height * ow;
  const withStatistics = () =>
    leavingStatistics(dispatch("statistics"), s.n * oh * ow, s.channels, { slices, sliceRows });
  return { ...dispatch("nothing"), withStatistics };
}

/**
 * Both gradients at once, for GPUs: dx, and partial sums of dw. Bindings: `x` and `dy` with what their prologues need, `w`,
 * `dx`, `dw` [slices, 3, 3, C].
 */
export function depthwiseConvGradients(
  s: DepthwiseShape,
  target: Target,
  prologue: Prologue,
  gradientPrologue: Prologue,
): { dispatch: Dispatch; slices: number } {
  const { strips, tiles, tile } = inputTile(s, laneTile(s));
  const { slices, sliceStrips, workgroups } = laneSlices(
    s,
    strips,
    tiles,
    target,
    MOST_TILES.gradients,
  );
  const { flops, bytes } = cost(s);
  const dispatch = (left: Left): Dispatch => {
    const epilogue = epilogueText(left);
    return {
      kernel: "depthwise_conv_gradients",
      source: [...left === "nothing" ? [laneColumns] : epilogue.sources, gradients].join("\n"),
      bindings: [
        ...prologueBindings("x", prologue, s.channels),
        ...prologueBindings("dy", gradientPrologue, s.channels),
        reads("w"),
        ...epilogueBindings("dx", {}),
        writes("dw"),
      ],
      constants: {
        N: s.n,
        ...sizes(s),
        ...prologueConstants("x", prologue, s.channels),
        ...prologueConstants("dy", gradientPrologue, s.channels),
        SLICES: slices,
        SLICE_STRIPS: sliceStrips,
      },
      tile: { ...tile, ...LANES, ...epilogue.tile },
      workgroups,
      cost: { flops: 2 * flops, bytes: bytes + tensorBytes([s.n, s.h, s.w, s.channels]) },
    };
  };
  // Where x is read through a batch norm, dx is the gradient of what that makes.
  const withGradientSums = () =>
    leavingStatistics(
      dispatch(prologue === "affine-relu6" ? "relu6 sums" : "sums"),
      s.n * s.h * s.w,
      s.channels,
      { slices, sliceRows: sliceStrips * tile.TILE_H * s.w },
      [readsChannels("moments", 2, s.channels)],
    );
  const readsNorm = prologue === "affine" || prologue === "affine-relu6";
  return { dispatch: { ...dispatch("nothing"), ...(readsNorm && { withGradientSums }) }, slices };
}
