// deno-lint-ignore-file no-explicit-any -- its package, and so its types, are installed for this bench alone
/**
 * jax-js, on WebGPU or WASM. Its arrays count references: every op consumes its operands, and `.ref` keeps one for
 * later. Channels come first.
 *
 * Its WebGPU back end gave other input gradients of strided depthwise convolutions than its WASM back end; the table then
 * says that the loss after an update differs. The amount of work is the same.
 */
import {
  applyBlocks,
  EMBEDDING,
  EPSILON,
  type Layer,
  layersOf,
  MOMENTUM,
  parameterSpecs,
} from "./network.ts";
import { fold, toNchw, toOihw } from "./layouts.ts";
import { CLASSES, MNIST_ADAM, MNIST_LAYERS, MNIST_SPECS, mnistBatches, mnistWeights, SIDE } from "./mnist.ts";
import type { Backend, Session } from "./peer.ts";
import { ADAM, images, labels, MARGIN, network, SIZE, type Task } from "./scenario.ts";

// A name in a variable, because the type checker would require the package, which only this bench installs.
const JAX = "@jax-js/jax";

/** Opens a back end and prepares the task on it. */
export async function open(
  { name, batch }: Task,
  { backend, threads }: { backend: Backend; threads: number },
): Promise<Session> {
  // The number of workers for its WASM kernels.
  Object.defineProperty(navigator, "hardwareConcurrency", { value: threads });
  const jax = await import(JAX);
  const available = await jax.init(backend);
  if (!available.includes(backend)) {
    throw new Error(`jax-js has no ${backend} back end here`);
  }
  jax.defaultDevice(backend);
  return { forward, train: trainingStep, mnist }[name](jax, batch);
}

function upload(jax: any, pixels: Float32Array, batch: number): any {
  return jax.numpy.array(pixels, { shape: [batch, 3, SIZE.height, SIZE.imageWidth] });
}

function convolution(jax: any, x: any, weight: any, { kind, from, stride }: Layer): any {
  const featureGroupCount = kind === "depthwise" ? from : 1;
  return jax.lax.convGeneralDilated(x, weight, [stride, stride], "SAME", { featureGroupCount });
}

function embed(jax: any, x: any, weight: any): any {
  const np = jax.numpy;
  const projected = np.matmul(np.mean(x, [2, 3]), weight);
  const length = np.sqrt(np.sum(np.square(projected.ref), 1, { keepdims: true }));
  return projected.div(np.maximum(length, 1e-12));
}

/** Calls a compiled function with extra references to the arrays that must outlive the call. */
function forward(jax: any, batch: number): Session {
  const np = jax.numpy;
  const { blocks, weights } = network();
  const folded: Record<string, any> = {};
  for (const layer of layersOf(blocks)) {
    const { weight, bias } = fold(layer, weights);
    const { shape, values } = toOihw(layer, weight);
    folded[`${layer.name}.weight`] = np.array(values, { shape });
    folded[`${layer.name}.bias`] = np.array(bias, { shape: [1, layer.to, 1, 1] });
  }
  const projection = weights.get("embedding.weight")!;
  folded.embedding = np.array(projection, { shape: [projection.length / EMBEDDING, EMBEDDING] });
  const embedder = jax.jit((x: any, w: any) => {
    const convolve = (x: any, layer: Layer) => {
      const y = convolution(jax, x, w[`${layer.name}.weight`], layer).add(w[`${layer.name}.bias`]);
      return layer.relu6 ? np.clip(y, 0, 6) : y;
    };
    const add = (x: any, y: any) => x.add(y);
    return embed(jax, applyBlocks(blocks, x, convolve, add, (x) => x.ref), w.embedding);
  });
  const pixels = toNchw(images(batch), SIZE.height * SIZE.imageWidth, 3);
  return { run: async () => await embedder(upload(jax, pixels, batch), jax.tree.ref(folded)).data() };
}

function trainingStep(jax: any, batch: number): Session {
  const np = jax.numpy;
  const { blocks, weights } = network();
  const oihw = new Map(
    layersOf(blocks).map((layer) => {
      const name = `${layer.name}.weight`;
      return [name, toOihw(layer, weights.get(name)!)];
    }),
  );
  const trained: Record<string, any> = {}, running: Record<string, any> = {};
  const first: Record<string, any> = {}, second: Record<string, any> = {};
  for (const { name, shape, trainable } of parameterSpecs(blocks)) {
    const perChannel = [1, shape.at(-1)!, 1, 1];
    const array = name === "embedding.weight"
      ? { shape, values: weights.get(name)! }
      : oihw.get(name) ?? { shape: perChannel, values: weights.get(name)! };
    (trainable ? trained : running)[name] = np.array(array.values, { shape: array.shape });
    if (!trainable) continue;
    first[name] = np.zeros(array.shape);
    second[name] = np.zeros(array.shape);
  }
  const objective = (w: any, x: any) => {
    const statistics: Record<string, any> = {};
    const convolve = (x: any, layer: Layer) => {
      const y = convolution(jax, x, w[`${layer.name}.weight`], layer);
      const mean = np.mean(y.ref, [0, 2, 3], { keepdims: true });
      const centered = y.sub(mean.ref);
      const variance = np.mean(np.square(centered.ref), [0, 2, 3], { keepdims: true });
      statistics[`${layer.name}.running_mean`] = jax.lax.stopGradient(mean);
      statistics[`${layer.name}.running_variance`] = jax.lax.stopGradient(variance.ref);
      const scale = w[`${layer.name}.gamma`].div(np.sqrt(variance.add(EPSILON)));
      const normed = centered.mul(scale).add(w[`${layer.name}.beta`]);
      return layer.relu6 ? np.clip(normed, 0, 6) : normed;
    };
    const add = (x: any, y: any) => x.add(y);
    const features = applyBlocks(blocks, x, convolve, add, (x) => x.ref);
    return [batchHard(jax, embed(jax, features, w["embedding.weight"]), batch), statistics];
  };
  const differentiate = jax.valueAndGrad(objective, { hasAux: true });
  const step = jax.jit(
    (w: any, m: any, v: any, r: any, corrections: any, x: any) => {
      const [[loss, statistics], gradient] = differentiate(jax.tree.ref(w), x);
      const newR: Record<string, any> = {};
      for (const name of Object.keys(r)) {
        newR[name] = r[name].mul(MOMENTUM).add(statistics[name].mul(1 - MOMENTUM));
      }
      return [loss, ...updated(jax, { w, m, v, gradient }, corrections, ADAM.learningRate), newR];
    },
  );
  const pixels = toNchw(images(batch), SIZE.height * SIZE.imageWidth, 3);
  return stepping(jax, step, [trained, first, second, running], () => [upload(jax, pixels, batch)]);
}

/** The task of mnist.ts. Pooling is its `lax.reduceWindow` over the maximum. */
function mnist(jax: any, batch: number): Session {
  const { numpy: np, lax, nn } = jax;
  const values = mnistWeights();
  const [w, m, v]: Record<string, any>[] = [{}, {}, {}];
  for (const { name, shape } of MNIST_SPECS) w[name] = np.array(values.get(name)!, { shape });
  for (const layer of MNIST_LAYERS) {
    const name = `${layer.name}.weight`;
    const { shape, values: oihw } = toOihw(layer, values.get(name)!);
    w[name].dispose();
    w[name] = np.array(oihw, { shape });
    w[`${layer.name}.bias`] = w[`${layer.name}.bias`].reshape([1, layer.to, 1, 1]);
  }
  for (const name of Object.keys(w)) {
    m[name] = np.zeros(w[name].shape);
    v[name] = np.zeros(w[name].shape);
  }
  const pooled = (x: any, weight: any, bias: any) => {
    const y = nn.relu(lax.convGeneralDilated(x, weight, [1, 1], "SAME").add(bias));
    return lax.reduceWindow(y, np.max, [2, 2], [2, 2]);
  };
  const differentiate = jax.valueAndGrad((w: any, x: any, target: any) => {
    const first = pooled(x, w["first.weight"], w["first.bias"]);
    const features = pooled(first, w["second.weight"], w["second.bias"]).reshape([batch, -1]);
    const weight = w["last.weight"].reshape([CLASSES, -1]).transpose();
    const logits = np.matmul(features, weight).add(w["last.bias"].reshape([1, CLASSES]));
    return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(target), 1)).mul(-1);
  });
  const step = jax.jit((w: any, m: any, v: any, corrections: any, x: any, target: any) => {
    const [loss, gradient] = differentiate(jax.tree.ref(w), x, target);
    return [loss, ...updated(jax, { w, m, v, gradient }, corrections, MNIST_ADAM.learningRate)];
  });
  const batchOf = mnistBatches(batch);
  return stepping(jax, step, [w, m, v], (count) => {
    const { pixels, labels } = batchOf(count);
    const target = new Float32Array(batch * CLASSES);
    labels.forEach((label, i) => target[i * CLASSES + label] = 1);
    return [
      np.array(pixels, { shape: [batch, 1, SIDE, SIDE] }),
      np.array(target, { shape: [batch, CLASSES] }),
    ];
  });
}

/** Weights and moments after an update by Adam. */
function updated(
  { numpy: np }: any,
  { w, m, v, gradient }: Record<"w" | "m" | "v" | "gradient", Record<string, any>>,
  corrections: any,
  learningRate: number,
): Record<string, any>[] {
  const { beta1, beta2, epsilon } = ADAM;
  const [byFirst, bySecond] = [corrections.ref.slice(0), corrections.slice(1)];
  const [newW, newM, newV]: Record<string, any>[] = [{}, {}, {}];
  for (const name of Object.keys(w)) {
    newM[name] = m[name].mul(beta1).add(gradient[name].ref.mul(1 - beta1));
    newV[name] = v[name].mul(beta2).add(np.square(gradient[name]).mul(1 - beta2));
    const root = np.sqrt(newV[name].ref.mul(bySecond.ref)).add(epsilon);
    newW[name] = w[name].sub(newM[name].ref.mul(byFirst.ref).mul(learningRate).div(root));
  }
  byFirst.dispose();
  bySecond.dispose();
  return [newW, newM, newV];
}

/**
 * Runs a compiled step of (state, Adam's bias corrections, inputs) to [loss, state]. The corrections are an array: as
 * constants they would be compiled again at each step.
 */
function stepping(jax: any, step: any, state: any[], inputs: (count: number) => any[]): Session {
  const { beta1, beta2 } = ADAM;
  let count = 0;
  return {
    run: async () => {
      const given = inputs(count++);
      const corrections = jax.numpy.array([1 / (1 - beta1 ** count), 1 / (1 - beta2 ** count)]);
      const [loss, ...next] = step(...state, corrections, ...given);
      state = next;
      const value = await loss.data();
      await jax.blockUntilReady(state);
      return value;
    },
  };
}

/** Mean over anchors of max(0, farthest positive − nearest negative + margin). */
function batchHard(jax: any, embeddings: any, batch: number): any {
  const np = jax.numpy;
  const people = [...labels(batch)];
  const isPositive = np.array(people.map((a, i) => people.map((b, j) => a === b && i !== j ? 1 : 0)));
  // Larger than any distance between embeddings of length one.
  const farAway = np.array(people.map((a) => people.map((b) => a === b ? 100 : 0)));
  const rows = embeddings.ref.reshape([batch, 1, EMBEDDING]);
  const difference = rows.sub(embeddings.reshape([1, batch, EMBEDDING]));
  // The diagonal is 0, where the square root has no gradient.
  const distance = np.sqrt(np.maximum(np.sum(np.square(difference), 2), 1e-12));
  const farthest = np.max(distance.ref.mul(isPositive), 1);
  const nearest = np.min(distance.add(farAway), 1);
  return np.mean(np.maximum(farthest.sub(nearest).add(MARGIN), 0));
}
