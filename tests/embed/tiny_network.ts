/** A network with every layer and hardly a channel, and images of noise for it. */
import { join } from "node:path";
import { Image } from "imagescript";
import { type Device, Random } from "../../engine/mod.ts";
import type { ModelSpec } from "../../model/model_spec.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { type TrainedModel, trainedModel } from "../../model/trained_model.ts";

const SPEC: ModelSpec = {
  width: 0.02,
  imageHeight: 32,
  imageWidth: 32,
  embeddingSize: 12,
  neck: "embedding",
  testFeature: "after",
  normalize: true,
  identities: 0,
  padding: "same",
  epsilon: 1e-3,
  momentum: 0.9,
  color: "imagenet",
};

/** A network of drawn weights. */
export async function tinyNetwork(
  device: Device,
  seed = 1,
  larger: Partial<ModelSpec> = {},
): Promise<TrainedModel> {
  const spec = { ...SPEC, ...larger };
  const model = new ReidModel(device, spec, new Random(seed));
  const values = (await model.parameters.read()).get("weights")!;
  const tensors = new Map(
    [...values].map((
      [{ name, shape }, data],
    ) => [name, { dtype: "F32" as const, shape, data: new Float32Array(data) }]),
  );
  model.parameters.destroy();
  return trainedModel(spec, 0, tensors);
}

/** Writes images of noise, named as those of Market-1501; every one is another. */
export async function writeNoise(folder: string, count: number, seed = 1): Promise<string[]> {
  const random = new Random(seed);
  await Deno.mkdir(folder, { recursive: true });
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const image = new Image(32, 32);
    const [r, g, b] = [0, 0, 0].map(() => random.integer(256));
    image.fill((x, y) => Image.rgbToColor((r + 5 * x) % 256, (g + 7 * y) % 256, (b + x * y) % 256));
    const name = `${String(i % 7 + 1).padStart(4, "0")}_c${i % 3 + 1}s1_${String(i).padStart(6, "0")}_01.jpg`;
    await Deno.writeFile(join(folder, name), await image.encodeJPEG(90));
    names.push(name);
  }
  return names;
}
