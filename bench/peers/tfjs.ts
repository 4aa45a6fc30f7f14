// deno-lint-ignore-file no-explicit-any -- its package, and so its types, are installed for this bench alone
/** TensorFlow.js, with its WebGPU or its WASM back end. */
import { dirname } from "node:path";
import { createRequire } from "node:module";
import {
  applyBlocks,
  EMBEDDING,
  EPSILON,
  type Layer,
  layersOf,
  MOMENTUM,
  parameterSpecs,
  weightShape,
} from "./network.ts";
import { fold } from "./layouts.ts";
import { CLASSES, MNIST_ADAM, MNIST_SPECS, mnistBatches, mnistWeights, SIDE } from "./mnist.ts";
import type { Backend, Session } from "./peer.ts";
import { ADAM, images, labels, MARGIN, network, SIZE, type Task } from "./scenario.ts";

// Names in variables, because the type checker would require the packages, which only this bench installs.
const CORE = "@tensorflow/tfjs";
const WEBGPU = "@tensorflow/tfjs-backend-webgpu";
const WASM = "@tensorflow/tfjs-backend-wasm";

/** Opens a back end and prepares the task on it. */
export async function open({ name, batch }: Task, { backend }: { backend: Backend }): Promise<Session> {
  const tf = await load(backend);
  const run = { forward, train: trainingStep, mnist }[name](tf, batch);
  return {
    run: async () => {
      const result = run();
      const values = await result.data();
      result.dispose();
      await finish(tf, backend);
      return values;
    },
  };
}

async function load(backend: Backend): Promise<any> {
  const tf = (await import(CORE)).default;
  const { default: wasm } = await import(backend === "webgpu" ? WEBGPU : WASM);
  if (backend === "wasm") {
    const folder = dirname(createRequire(import.meta.url).resolve(WASM));
    wasm.setWasmPaths(`${folder}/`);
  }
  tf.enableProdMode();
  if (!await tf.setBackend(backend)) {
    throw new Error(`tfjs has no ${backend} back end here`);
  }
  await tf.ready();
  return tf;
}

/** The back end batches its commands: submits the rest before the clock stops. */
async function finish(tf: any, backend: Backend): Promise<void> {
  if (backend !== "webgpu") return;
  const gpu = tf.backend();
  gpu.ensureCommandEncoderReady();
  gpu.endComputePassEncoder();
  gpu.submitQueue();
  await gpu.device.queue.onSubmittedWorkDone();
}

/** Shapes in the layout of tfjs: pointwise [1, 1, from, to], depthwise [3, 3, C, 1]. */
function filterShape(layer: Layer): number[] {
  const shape = weightShape(layer);
  return layer.kind === "full" ? shape : layer.kind === "depthwise" ? [...shape, 1] : [1, 1, ...shape];
}

function embed(tf: any, x: any, weight: any): any {
  const projected = tf.matMul(tf.mean(x, [1, 2]), weight);
  return tf.div(projected, tf.maximum(tf.norm(projected, 2, 1, true), 1e-12));
}

function forward(tf: any, batch: number): () => any {
  const { blocks, weights } = network();
  const layers = layersOf(blocks);
  const folded = new Map(layers.map((layer) => {
    const { weight, bias } = fold(layer, weights);
    return [layer.name, { filter: tf.tensor4d(weight, filterShape(layer)), bias: tf.tensor1d(bias) }];
  }));
  const projection = tf.tensor2d(weights.get("embedding.weight")!, [layers.at(-1)!.to, EMBEDDING]);
  const pixels = images(batch);
  const convolve = (x: any, { kind, name, stride, relu6 }: Layer) => {
    const { filter, bias } = folded.get(name)!;
    const conv = kind === "depthwise" ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
    return conv({ x, filter, bias, strides: stride, pad: "same", activation: relu6 ? "relu6" : "linear" });
  };
  return () =>
    tf.tidy(() => {
      const x = tf.tensor4d(pixels, [batch, SIZE.height, SIZE.imageWidth, 3]);
      return embed(tf, applyBlocks(blocks, x, convolve, tf.add), projection);
    });
}

function trainingStep(tf: any, batch: number): () => any {
  const { blocks, weights } = network();
  const shapes = new Map(
    layersOf(blocks).map((layer) => [`${layer.name}.weight`, filterShape(layer)]),
  );
  const specs = parameterSpecs(blocks);
  const variables = new Map(specs.map(({ name, shape, trainable }) => {
    const values = tf.tensor(weights.get(name)!, shapes.get(name) ?? shape);
    return [name, tf.variable(values, trainable, name)];
  }));
  const trainable = specs.filter((spec) => spec.trainable).map(({ name }) => variables.get(name));
  const { learningRate, beta1, beta2, epsilon } = ADAM;
  const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const loss = batchHard(tf, batch);
  const pixels = images(batch);
  const convolve = (x: any, { kind, name, stride, relu6 }: Layer) => {
    const weight = variables.get(`${name}.weight`);
    const y = kind === "depthwise"
      ? tf.depthwiseConv2d(x, weight, stride, "same")
      : kind === "full"
      ? tf.conv2d(x, weight, stride, "same")
      : pointwise(tf, x, weight);
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    follow(tf, variables.get(`${name}.running_mean`), mean);
    follow(tf, variables.get(`${name}.running_variance`), variance);
    const [beta, gamma] = [variables.get(`${name}.beta`), variables.get(`${name}.gamma`)];
    const normed = tf.batchNorm(y, mean, variance, beta, gamma, EPSILON);
    return relu6 ? tf.relu6(normed) : normed;
  };
  return () =>
    tf.tidy(() => {
      const x = tf.tensor4d(pixels, [batch, SIZE.height, SIZE.imageWidth, 3]);
      return adam.minimize(
        () => loss(embed(tf, applyBlocks(blocks, x, convolve, tf.add), variables.get("embedding.weight"))),
        true,
        trainable,
      );
    });
}

/** The task of mnist.ts. */
function mnist(tf: any, batch: number): () => any {
  const values = mnistWeights();
  const variables: any[] = MNIST_SPECS.map(({ name, shape }) =>
    tf.variable(tf.tensor(values.get(name)!, shape), true, name)
  );
  const [firstWeight, firstBias, secondWeight, secondBias, lastWeight, lastBias] = variables;
  const { learningRate, beta1, beta2, epsilon } = MNIST_ADAM;
  const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const pooled = (x: any, filter: any, bias: any) => {
    const y = tf.fused.conv2d({ x, filter, bias, strides: 1, pad: "same", activation: "relu" });
    return tf.maxPool(y, 2, 2, "valid");
  };
  const batchOf = mnistBatches(batch);
  let step = 0;
  return () => {
    const { pixels, labels } = batchOf(step++);
    return tf.tidy(() => {
      const x = tf.tensor4d(pixels, [batch, SIDE, SIDE, 1]);
      const target = tf.oneHot(tf.tensor1d(Int32Array.from(labels), "int32"), CLASSES);
      const loss = () => {
        const features = pooled(pooled(x, firstWeight, firstBias), secondWeight, secondBias);
        const logits = tf.matMul(tf.reshape(features, [batch, -1]), lastWeight).add(lastBias);
        return tf.losses.softmaxCrossEntropy(target, logits);
      };
      return adam.minimize(loss, true, variables);
    });
  };
}

/** As a matrix product, whose gradients are faster in tfjs than a convolution's. */
function pointwise(tf: any, x: any, weight: any): any {
  const [batch, height, width, from] = x.shape;
  const y = tf.matMul(tf.reshape(x, [-1, from]), tf.reshape(weight, [from, -1]));
  return tf.reshape(y, [batch, height, width, -1]);
}

/** running = momentum · running + (1 − momentum) · batch. */
function follow(tf: any, running: any, batch: any): void {
  running.assign(tf.add(tf.mul(running, MOMENTUM), tf.mul(batch, 1 - MOMENTUM)));
}

/** Mean over anchors of max(0, farthest positive − nearest negative + margin). */
function batchHard(tf: any, batch: number): (embeddings: any) => any {
  const people = labels(batch);
  const positive = [...people].map((a, i) => [...people].map((b, j) => a === b && i !== j ? 1 : 0));
  // Larger than any distance between embeddings of length one.
  const same = [...people].map((a) => [...people].map((b) => a === b ? 100 : 0));
  const [isPositive, farAway] = [tf.tensor2d(positive), tf.tensor2d(same)];
  return (embeddings) => {
    const difference = tf.sub(tf.expandDims(embeddings, 1), tf.expandDims(embeddings, 0));
    // The diagonal is 0, where the square root has no gradient.
    const distance = tf.sqrt(tf.maximum(tf.sum(tf.mul(difference, difference), 2), 1e-12));
    const farthest = tf.max(tf.mul(distance, isPositive), 1);
    const nearest = tf.min(tf.add(distance, farAway), 1);
    return tf.mean(tf.relu(tf.add(tf.sub(farthest, nearest), MARGIN)));
  };
}
