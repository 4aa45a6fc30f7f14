/** This engine. */
import {
  Adam,
  conv2d,
  dense,
  Device,
  f32,
  maxPool2d,
  ParameterSet,
  Program,
  Random,
  relu,
  reshape,
  type Tensor,
  u32,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { crossEntropy, hardTripletLoss } from "../../losses/mod.ts";
import { FoldedWeights } from "../../model/folded_weights.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { MNIST_ADAM, MNIST_SPECS, mnistBatches, mnistWeights, SIDE } from "./mnist.ts";
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
  if (name === "mnist") return await mnist(device, batch);
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
  const { learningRate: rate, ...options } = ADAM;
  const adam = new Adam(reid.parameters, { ...options, rate });
  const program = await Program.record(
    device,
    { x: input, labels: u32([batch]) },
    ({ x, labels }) => {
      const loss = trainingLoss(reid, x, labels);
      adam.minimize(loss);
      return { loss };
    },
  );
  const y = labels(batch);
  return { run: async () => (await program.run({ x, labels: y })).loss as Float32Array };
}

/** The task of mnist.ts. */
export async function mnist(device: Device, batch: number): Promise<Session> {
  const set = new ParameterSet(device);
  const values = mnistWeights();
  const parameters = MNIST_SPECS.map(({ name, shape }) => set.add(name, shape, values.get(name)!));
  const [firstWeight, firstBias, secondWeight, secondBias, lastWeight, lastBias] = parameters;
  const { learningRate: rate, ...options } = MNIST_ADAM;
  const adam = new Adam(set, { ...options, rate });
  const inputs = { x: f32([batch, SIDE, SIDE, 1]), labels: u32([batch]) };
  const program = await Program.record(device, inputs, ({ x, labels }) => {
    const first = relu(conv2d(x, firstWeight, { padding: "same", bias: firstBias }));
    const second = relu(
      conv2d(maxPool2d(first, { size: 2 }), secondWeight, { padding: "same", bias: secondBias }),
    );
    const features = reshape(maxPool2d(second, { size: 2 }), [-1, lastWeight.shape[0]]);
    const loss = crossEntropy(dense(features, lastWeight, lastBias), labels);
    adam.minimize(loss);
    return { loss };
  });
  const batchOf = mnistBatches(batch);
  return {
    run: async () => {
      const { pixels, labels } = batchOf(adam.step);
      return (await program.run({ x: pixels, labels })).loss as Float32Array;
    },
  };
}
