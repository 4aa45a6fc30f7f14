// What every runtime computes, and must agree on: a network that learns xor, and a step of triplet loss on small images.
import {
  backward,
  depthwiseConv,
  f32,
  globalAveragePool,
  l2Normalize,
  Program,
  u32,
} from "@reid/webgpu/engine";
import { Adam, add, matmul, mean, mul, ParameterSet, Random, relu, sub, sum } from "@reid/webgpu";
import { RankingAccumulator } from "@reid/webgpu/eval";
import { hardTripletLoss } from "@reid/webgpu/losses";

/** The loss of 30 steps, and the last outputs. */
async function xor(device) {
  const set = new ParameterSet(device);
  const random = new Random(1);
  const normal = (length) => Float32Array.from({ length }, () => random.normal());
  const w1 = set.add("w1", [2, 8], normal(16));
  const b1 = set.add("b1", [8], new Float32Array(8));
  const w2 = set.add("w2", [8, 1], normal(8));
  const adam = new Adam(set, { rate: 0.02 });
  const inputs = { x: f32([4, 2]), y: f32([4, 1]) };
  const step = await Program.record(device, inputs, ({ x, y }) => {
    const output = matmul(relu(add(matmul(x, w1), b1)), w2);
    const error = sub(output, y);
    const loss = mean(mul(error, error));
    adam.minimize(loss);
    return { loss, output };
  });
  const numbers = [];
  const data = { x: [0, 0, 0, 1, 1, 0, 1, 1], y: [0, 1, 1, 0] };
  for (let i = 1; i <= 30; i++) {
    const { loss, output } = await step.run(data);
    numbers.push(loss[0]);
    if (i === 30) numbers.push(...output);
  }
  step.destroy();
  set.destroy();
  return numbers;
}

/** The loss of four images [6, 6, 4], and its gradient by the weights of a convolution. */
async function triplets(device) {
  const random = new Random(2);
  const inputs = { x: f32([4, 6, 6, 4]), w: f32([3, 3, 4], { differentiable: true }), labels: u32([4]) };
  const program = await Program.record(device, inputs, ({ x, w, labels }) => {
    const embeddings = l2Normalize(
      globalAveragePool(relu(depthwiseConv(x, w, { stride: 2, padding: "same" }))),
      1e-12,
    );
    const options = { margin: 0.3, metric: "euclidean", softMargin: false };
    const { loss } = hardTripletLoss(embeddings, labels, options);
    return { loss, gradient: backward(sum(loss)).of(w) };
  });
  const { loss, gradient } = await program.run({
    x: Float32Array.from({ length: 576 }, () => random.normal()),
    w: Float32Array.from({ length: 36 }, () => random.normal()),
    labels: [0, 0, 1, 1],
  });
  program.destroy();
  return [...loss, ...gradient];
}

/** Two queries against a gallery of four. */
function scores() {
  const labels = (identity, camera) => ({
    identity: Int32Array.from(identity),
    camera: Int32Array.from(camera),
  });
  const ranking = new RankingAccumulator(labels([1, 2, 1, 2], [2, 2, 3, 3]));
  ranking.addBlock(Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.1, 0.2, 0.3, 0.4), labels([1, 2], [1, 1]));
  const { rank, mAP, mINP } = ranking.result();
  return [rank[1], mAP, mINP];
}

export async function numbers(device) {
  return [...await xor(device), ...await triplets(device), ...scores()];
}
