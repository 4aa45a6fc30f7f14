/** This engine. */
import { Adam, Device, f32, Program, Random, u32 } from "../../engine/mod.ts";
import { hardTripletLoss } from "../../losses/mod.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { EMBEDDING, EPSILON, MOMENTUM } from "./network.ts";
import type { Session } from "./peer.ts";
import { ADAM, HEIGHT, IMAGE_WIDTH, images, labels, MARGIN, network, type Task, WIDTH } from "./scenario.ts";

/** The model of the comparison, with the weights that all sides have. */
export function model(device: Device): ReidModel {
  const made = new ReidModel(device, {
    width: WIDTH,
    imageHeight: HEIGHT,
    imageWidth: IMAGE_WIDTH,
    embeddingSize: EMBEDDING,
    neck: false,
    normalize: true,
    identities: 0,
    padding: "same",
    epsilon: EPSILON,
    momentum: MOMENTUM,
  }, new Random(0));
  for (const [name, values] of network().weights) {
    made.parameters.write(made.parameters.get(name)!, values);
  }
  return made;
}

/** Opens the adapter that WebGPU calls the best. */
export async function open({ name, batch }: Task): Promise<Session> {
  const device = await Device.open();
  const reid = model(device);
  const input = f32([batch, HEIGHT, IMAGE_WIDTH, 3]);
  const x = images(batch);
  if (name === "forward") {
    const program = await Program.record(device, { x: input }, ({ x }) => ({
      embeddings: reid.embed(reid.features(x, "inference"), "inference"),
    }));
    return {
      run: async () => (await program.run({ x })).embeddings as Float32Array,
    };
  }
  const { learningRate, ...options } = ADAM;
  const adam = new Adam(reid.parameters, options);
  const program = await Program.record(
    device,
    { x: input, labels: u32([batch]), settings: adam.input },
    ({ x, labels, settings }) => {
      const embeddings = reid.embed(reid.features(x, "training"), "training");
      const triplet = {
        margin: MARGIN,
        metric: "euclidean",
        softMargin: false,
      } as const;
      const { loss } = hardTripletLoss(embeddings, labels, triplet);
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
