/** This engine. */
import { Adam, Device, f32, Program, Random, type Tensor, u32, type Uint32Tensor } from "../../engine/mod.ts";
import { hardTripletLoss } from "../../losses/mod.ts";
import { FoldedWeights } from "../../model/folded_weights.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { EMBEDDING, EPSILON, MOMENTUM } from "./network.ts";
import type { Session } from "./peer.ts";
import { ADAM, images, labels, MARGIN, network, SIZE, type Size, type Task } from "./scenario.ts";

/** The model of the comparison, with the weights that all peers get, at a given size. */
export function model(device: Device, { width, height, imageWidth }: Size): ReidModel {
  const made = new ReidModel(device, {
    width,
    imageHeight: height,
    imageWidth,
    embeddingSize: EMBEDDING,
    neck: "none",
    testFeature: "after",
    normalize: true,
    identities: 0,
    padding: "same",
    epsilon: EPSILON,
    momentum: MOMENTUM,
    color: "imagenet",
  }, new Random(0));
  for (const [name, values] of network(width).weights) {
    made.parameters.write(made.parameters.get(name)!, values);
  }
  return made;
}

/** The loss of the comparison, for training: x [N, H, W, 3], labels [N] → []. */
export function trainingLoss(reid: ReidModel, x: Tensor, labels: Uint32Tensor): Tensor {
  const embeddings = reid.embed(reid.features(x, "training"), "training");
  return hardTripletLoss(embeddings, labels, { margin: MARGIN, metric: "euclidean", softMargin: false }).loss;
}

/** Opens WebGPU's high-performance adapter. */
export async function open({ name, batch }: Task): Promise<Session> {
  const device = await Device.open();
  const reid = model(device, SIZE);
  const { height, imageWidth } = SIZE;
  const input = f32([batch, height, imageWidth, 3]);
  const x = images(batch);
  if (name === "forward") {
    const folded = await FoldedWeights.of(reid.parameters);
    const program = await Program.record(device, { x: input }, ({ x }) => ({
      embeddings: reid.embed(reid.features(x, folded), "inference"),
    }));
    return { run: async () => (await program.run({ x })).embeddings as Float32Array };
  }
  const { learningRate, ...options } = ADAM;
  const adam = new Adam(reid.parameters, options);
  const program = await Program.record(
    device,
    { x: input, labels: u32([batch]), settings: adam.input },
    ({ x, labels, settings }) => {
      const loss = trainingLoss(reid, x, labels);
      adam.minimize(loss, settings);
      return { loss };
    },
  );
  const y = labels(batch);
  let step = 0;
  return {
    run: async () => {
      const settings = adam.settings(++step, learningRate);
      return (await program.run({ x, labels: y, settings }))
        .loss as Float32Array;
    },
  };
}
