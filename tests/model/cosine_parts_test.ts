/** The parts of a cosine: they are those of the network's own embeddings, and their sum is the cosine in f64. */
import assert from "node:assert/strict";
import { Device, packTransforms, Program, Random, UNMOVED } from "../../engine/mod.ts";
import { CellEmbedder } from "../../model/cell_embedder.ts";
import { cosineParts } from "../../model/cosine_parts.ts";
import { Embedder } from "../../model/embedder.ts";
import { imageInputs, imageStride, networkImages, packedBatch } from "../../model/image_batch.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { featureCount } from "../../model/network_layers.ts";
import { normOf } from "../../model/network_tensors.ts";
import type { ReidModel } from "../../model/reid_model.ts";
import { buildTrainedModel, type TrainedModel, valuesOf } from "../../model/trained_model.ts";
import { tinyNetwork } from "../embed/tiny_network.ts";

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) => sum(Array.from(x, (value, i) => value * y[i]!));
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

Deno.test("cosineParts() divides the cosine of the means in f64, also among different numbers of cells", () => {
  const random = new Random(4);
  const size = 7;
  const cells = (count: number) => Float32Array.from({ length: count * size }, () => random.normal() + 0.3);
  const meanOf = (rows: Float32Array) =>
    Array.from(
      { length: size },
      (_, i) => sum(rows.filter((_, at) => at % size === i)) / (rows.length / size),
    );
  const query = cells(8), match = cells(5);
  const parts = cosineParts(query, match, size);
  const expected = cosine(meanOf(query), meanOf(match));
  for (const found of [parts.cosine, sum(parts.query), sum(parts.match)]) {
    assert.ok(Math.abs(found - expected) < 1e-12, `${found} and not ${expected}`);
  }
  // The part of one cell is what it adds: the others' embeddings alone give the rest.
  const length = (rows: number[]) => Math.sqrt(sum(rows.map((x) => x * x)));
  const [u, v] = [meanOf(query), meanOf(match)];
  const third = query.subarray(2 * size, 3 * size);
  const part = sum(Array.from(third, (x, i) => x * v[i]! / length(v))) / (8 * length(u));
  assert.ok(Math.abs(parts.query[2]! - part) < 1e-12);
  assert.ok(parts.query.some((x) => x < 0) && parts.query.some((x) => x > 0)); // Signs are kept.
});

Deno.test("cosineParts() of an embedding of length 0 are 0, and half a cell is refused", () => {
  const { cosine, query } = cosineParts(new Float32Array(6), Float32Array.of(1, 2, 3), 3);
  assert.deepEqual([cosine, ...query], [0, 0, 0]);
  assert.throws(() => cosineParts(new Float32Array(4), new Float32Array(3), 3), RangeError);
  assert.throws(() => cosineParts(new Float32Array(0), new Float32Array(3), 3), RangeError);
});

/** The feature map [2, 2, 1, C] of two images, by another program, whose batch norms are not folded in. */
async function featureMap(device: Device, model: ReidModel, pixels: Uint8Array): Promise<Float32Array> {
  const program = await Program.record(
    device,
    imageInputs(model.spec, 2),
    (inputs) => ({ map: model.featureMap(networkImages(model.spec, inputs), "inference") }),
  );
  const transforms = packTransforms([UNMOVED, UNMOVED]);
  const { map } = await program.run({
    pixels: packedBatch(pixels, 2, { batch: 2, stride: imageStride(model.spec) }),
    transforms,
  });
  program.destroy();
  return map;
}

/** The embedding of a cell in f64, by the definition: projection and neck of its features. */
function cellReference(trained: TrainedModel, features: Float32Array): number[] {
  const { width, embeddingSize: size } = trained.spec;
  const weight = valuesOf(trained, "embedding.weight", [featureCount(width), size]);
  const { gamma, mean, variance, epsilon } = normOf(trained, "neck", size, false);
  return Array.from({ length: size }, (_, d) => {
    const projected = sum(Array.from(features, (x, c) => x * weight[c * size + d]!));
    return (projected - mean[d]!) * gamma[d]! / Math.sqrt(variance[d]! + epsilon);
  });
}

const close = (found: number, expected: number, what: string) =>
  assert.ok(
    Math.abs(found - expected) <= 1e-4 * Math.max(1, Math.abs(expected)),
    `${what}: ${found}, not ${expected}`,
  );

/** A drawn network whose neck does something. */
async function networkWithNeck(device: Device, larger: Partial<ModelSpec>): Promise<TrainedModel> {
  const random = new Random(2);
  const drawn = await tinyNetwork(device, 3, { imageHeight: 64, ...larger });
  const tensors = new Map(drawn.tensors);
  for (const [name, tensor] of drawn.tensors) {
    if (!name.startsWith("neck.")) continue;
    tensors.set(name, {
      ...tensor,
      data: Float32Array.from({ length: tensor.data.length }, () => random.uniform(0.5, 1.5)),
    });
  }
  return { ...drawn, tensors };
}

Deno.test("CellEmbedder embeds every cell, and the images as the Embedder does", async () => {
  const device = await Device.open();
  try {
    const random = new Random(6);
    const half = 32 * 32 * 3; // Bytes of half an image; the upper halves are black.
    const pixels = Uint8Array.from(
      { length: 4 * half },
      (_, i) => i % (2 * half) < half ? 0 : random.integer(256),
    );
    for (const larger of [{}, { normalize: false, embeddingSize: 0 }]) {
      const trained = await networkWithNeck(device, larger);
      const model = buildTrainedModel(device, trained);
      const [plain, embedder] = [
        await Embedder.open(device, model, 3),
        await CellEmbedder.open(device, model, 3),
      ];
      const expected = await (await plain.submit(pixels, 2)).embeddings;
      const [query, match] = await embedder.embed(pixels, 2);
      assert.ok(query !== undefined && match !== undefined);
      const size = model.embeddingSize;
      for (const [i, { rows, columns, embedding, cells, activation }] of [query, match].entries()) {
        assert.deepEqual([rows, columns, cells.length, activation.length], [2, 1, 2 * size, 2]);
        for (const [d, value] of embedding.entries()) close(value, expected[i * size + d]!, `embedding ${d}`);
      }
      const { cosine: whole } = cosineParts(query.cells, match.cells, size);
      close(whole, cosine(expected.subarray(0, size), expected.subarray(size)), "cosine");
      if (size === trained.spec.embeddingSize) {
        const map = await featureMap(device, model, pixels);
        const channels = map.length / 4;
        for (const [i, { cells, activation }] of [query, match].entries()) {
          for (const cell of [0, 1]) {
            const features = map.subarray((2 * i + cell) * channels, (2 * i + cell + 1) * channels);
            close(activation[cell]!, sum(features), `activation ${cell}`);
            for (const [d, value] of cellReference(trained, features).entries()) {
              close(cells[cell * size + d]!, value, `cell ${cell}, ${d}`);
            }
          }
        }
        const [upper, lower] = query.activation;
        assert.ok(Math.abs(upper! / lower! - 1) > 0.01); // Else the order of cells would not matter.
      }
      for (const owner of [plain, embedder, model.parameters]) owner.destroy();
    }
  } finally {
    device.destroy();
  }
});
