/** The convolutions of MobileNetV2 as a list, in the order of the network: what files of weights are held against. */
import { makeDivisible, STAGES } from "../mobilenet_v2.ts";

/** Where a layer stands: alone at either end, or in a block. */
export interface NetworkLayer {
  /** Its name in the network's parameters, such as `block2.expand`. */
  readonly name: string;
  readonly part: "stem" | "expand" | "depthwise" | "project" | "last";
  /** Channels in and out. */
  readonly from: number;
  readonly to: number;
  /** Of layers in blocks: the block's number from 1, its stage from 0, its place in the stage from 0. */
  readonly block: number;
  readonly stage: number;
  readonly place: number;
  /** Whether the block has an expansion. */
  readonly expanded: boolean;
  /** Of the convolution. */
  readonly stride: number;
  /** Of a block's last layer: whether what goes into the block is added to what comes out. */
  readonly residual: boolean;
}

/** All 52 convolutions at a width multiplier. */
export function networkLayers(width: number): NetworkLayer[] {
  const scaled = (channels: number) => makeDivisible(channels * width);
  let channels = scaled(32);
  const alone = { block: 0, stage: 0, place: 0, expanded: false, residual: false };
  const layers: NetworkLayer[] = [{ name: "stem", part: "stem", from: 3, to: channels, stride: 2, ...alone }];
  let block = 0;
  STAGES.forEach(({ t, c, n, s }, stage) => {
    for (let place = 0; place < n; place++) {
      block++;
      const hidden = channels * t;
      const to = scaled(c);
      const stride = place === 0 ? s : 1;
      const add = (part: NetworkLayer["part"], from: number, to: number) =>
        layers.push({
          name: `block${block}.${part}`,
          part,
          from,
          to,
          block,
          stage,
          place,
          expanded: t !== 1,
          stride: part === "depthwise" ? stride : 1,
          residual: part === "project" && stride === 1 && channels === to,
        });
      if (t !== 1) add("expand", channels, hidden);
      add("depthwise", hidden, hidden);
      add("project", hidden, to);
      channels = to;
    }
  });
  const features = width > 1 ? scaled(1280) : 1280;
  layers.push({ name: "last", part: "last", from: channels, to: features, stride: 1, ...alone });
  return layers;
}
