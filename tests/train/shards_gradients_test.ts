/**
 * A step in shards against f64: the loss over all images, and its gradients through batch norms that see one shard each.
 * The scenario keeps clear of every kink; see tests/model/scenario.ts.
 */
import { Adam, Device, Random } from "../../engine/mod.ts";
import { ReidModel } from "../../model/reid_model.ts";
import { modelSpec, stepAugmentations } from "../../train/from_options.ts";
import { recordShards } from "../../train/shards/programs.ts";
import { ShardedStep } from "../../train/shards/sharded_step.ts";
import { assertGradients, assertNear } from "../model/gradients_agree.ts";
import { drawScenario, LOSSES, RARELY_CLAMPED, referenceLoss } from "../model/scenario.ts";
import { referenceOps } from "../reference/ops.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

const COUNT = 24, HEIGHT = 64, WIDTH = 32;

/** Pixels as the engine takes them, and what the network sees of them. */
function pixelsOf(drawn: Float32Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(drawn, (value) => Math.max(0, Math.min(255, Math.round(127.5 + 60 * value))));
}
const seen = (pixels: Uint8Array) => Float64Array.from(pixels, (value) => (value / 255 - 0.5) / 0.5);

let device: Device;
Deno.test.beforeAll(async () => {
  // Shapes in a uniform: shards of all sizes share their kernels, which would otherwise be compiled for each.
  device = await Device.open({ storage: "buffer", constants: "uniform" });
});
Deno.test.afterAll(() => device.destroy());

/** Numbers of shards, and a seed whose draw keeps clear of all kinks. */
for (const [shards, seed] of [[1, 1], [2, 2], [4, 2], [8, 2]] as const) {
  let pixels = new Uint8Array();
  const scenario = drawScenario(
    { size: [HEIGHT, WIDTH], width: 0.02, epsilon: 1e-3 },
    COUNT,
    seed,
    RARELY_CLAMPED,
    {
      shards,
      identities: 12,
      toImages: (drawn) => seen(pixels = pixelsOf(drawn)),
    },
  );
  const { labels, features, parameters } = scenario;

  for (const loss of LOSSES) {
    Deno.test(`${shards} shards of ${COUNT / shards} images: embeddings, loss and gradients of ${loss} are those of f64`, async () => {
      const options = {
        ...TINY_OPTIONS,
        loss,
        imageHeight: HEIGHT,
        imageWidth: WIDTH,
        flip: 0,
        shift: 0,
        neck: "none",
        convention: "keras",
        precision: "f32",
      } as const;
      const spec = modelSpec(options, 0);
      const model = new ReidModel(device, spec, new Random(1));
      const { parameters: set } = model;
      for (const parameter of set.parameters) {
        if (parameter.trainable) set.write(parameter, parameters.get(parameter.name)!.data);
      }
      const optimizer = new Adam(set, { rate: 0 });
      const count = { count: shards, isExchanged: true }; // In parts, though on one rank.
      const programs = await recordShards(device, model, optimizer, options, COUNT, count, {});
      const step = new ShardedStep(programs, model, options, { count: shards, images: COUNT / shards });
      try {
        const inputs = {
          pixels: new Uint32Array(pixels.buffer),
          augmentations: stepAugmentations(options, 0, COUNT),
          labels: Uint32Array.from(labels),
        };
        const { total } = await (await step.submit(inputs)).outputs;
        const expected = referenceLoss(loss, features, labels);
        assertNear(total, expected.data, 2e-5, "loss");
        const found = (await set.read("gradients")).get("gradients")!;
        assertGradients(new Map([...found].map(([{ name }, values]) => [name, values])), expected, scenario);

        const run = await programs.shard.start({
          pixels: inputs.pixels.subarray(0, inputs.pixels.length / shards),
          augmentations: inputs.augmentations.subarray(0, inputs.augmentations.length / shards),
          labels: inputs.labels.subarray(0, COUNT / shards),
        });
        const embeddings = await run.output("features");
        const all = referenceOps.l2Normalize(features, 1e-12).data;
        assertNear(embeddings, all.subarray(0, embeddings.length), 2e-5, "embeddings of the first shard");
      } finally {
        step.destroy();
        set.destroy();
      }
    });
  }
}
