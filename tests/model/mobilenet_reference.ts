/**
 * MobileNetV2 (Sandler et al. 2018) written a second time, over the interface that engine and f64 reference share, from
 * table 2 of the paper and nothing of model/. Parameters go by the names that model/mobilenet_v2.ts registers.
 */
import { sameGeometry } from "../reference/conv_geometry.ts";
import type { Ops } from "../reference/ops.ts";

/** Table 2, one row a block: expansion, output channels at width 1, stride. */
export const PAPER_BLOCKS: readonly (readonly [expansion: number, channels: number, stride: number])[] = [
  [1, 16, 1],
  [6, 24, 2],
  [6, 24, 1],
  [6, 32, 2],
  [6, 32, 1],
  [6, 32, 1],
  [6, 64, 2],
  [6, 64, 1],
  [6, 64, 1],
  [6, 64, 1],
  [6, 96, 1],
  [6, 96, 1],
  [6, 96, 1],
  [6, 160, 2],
  [6, 160, 1],
  [6, 160, 1],
  [6, 320, 1],
];

/** The multiple of 8 nearest to `channels` (halves go up), at least 8, and at least nine tenths of `channels`. */
export function multipleOfEight(channels: number): number {
  const lower = 8 * Math.floor(channels / 8);
  const nearest = channels - lower >= 4 ? lower + 8 : lower;
  const least = Math.max(nearest, 8);
  return 10 * least < 9 * channels ? least + 8 : least;
}

/** Name and shape of every trainable parameter, in the order in which the network uses them. */
export function parameterShapes(width: number): Map<string, number[]> {
  const shapes = new Map<string, number[]>();
  const layer = (name: string, weight: number[]) => {
    const channels = weight[weight.length - 1];
    shapes.set(`${name}.weight`, weight).set(`${name}.gamma`, [channels]).set(`${name}.beta`, [channels]);
  };
  let channels = multipleOfEight(32 * width);
  layer("stem", [3, 3, 3, channels]);
  PAPER_BLOCKS.forEach(([expansion, atWidthOne], i) => {
    const [hidden, out] = [expansion * channels, multipleOfEight(atWidthOne * width)];
    if (expansion > 1) layer(`block${i + 1}.expand`, [channels, hidden]);
    layer(`block${i + 1}.depthwise`, [3, 3, hidden]);
    layer(`block${i + 1}.project`, [hidden, out]);
    channels = out;
  });
  layer("last", [channels, multipleOfEight(1280 * Math.max(1, width))]);
  return shapes;
}

/** What the computation needs to know besides its weights. */
export interface ReferenceNetwork {
  /** Height and width of the images. */
  readonly size: readonly [number, number];
  readonly width: number;
  readonly epsilon: number;
}

/** Images [N, H, W, 3] to pooled features, in training mode: every batch norm uses the batch's statistics. */
export function mobileNetReference<T, I>(
  ops: Ops<T, I>,
  images: T,
  parameters: ReadonlyMap<string, T>,
  { size, width, epsilon }: ReferenceNetwork,
): T {
  const parameter = (name: string): T => {
    const value = parameters.get(name);
    if (value === undefined) throw new RangeError(`The network needs a parameter ${name}`);
    return value;
  };
  const normed = (name: string, x: T, relu6: boolean) =>
    ops.batchNormTraining(x, parameter(`${name}.gamma`), parameter(`${name}.beta`), { epsilon, relu6 });
  let [h, w] = size;
  const halve = (stride: number) => [h, w] = [Math.ceil(h / stride), Math.ceil(w / stride)];

  let x = normed("stem", ops.conv2d(images, parameter("stem.weight"), sameGeometry(h, w, 2)), true);
  halve(2);
  let channels = multipleOfEight(32 * width);
  PAPER_BLOCKS.forEach(([expansion, atWidthOne, stride], i) => {
    const name = `block${i + 1}`;
    const out = multipleOfEight(atWidthOne * width);
    let hidden = x;
    if (expansion > 1) {
      hidden = ops.pointwiseConv(x, parameter(`${name}.expand.weight`));
      hidden = normed(`${name}.expand`, hidden, true);
    }
    hidden = ops.depthwiseConv(hidden, parameter(`${name}.depthwise.weight`), sameGeometry(h, w, stride));
    hidden = normed(`${name}.depthwise`, hidden, true);
    hidden = ops.pointwiseConv(hidden, parameter(`${name}.project.weight`));
    hidden = normed(`${name}.project`, hidden, false);
    x = stride === 1 && out === channels ? ops.add(x, hidden) : hidden;
    halve(stride);
    channels = out;
  });
  return ops.globalAveragePool(normed("last", ops.pointwiseConv(x, parameter("last.weight")), true));
}
