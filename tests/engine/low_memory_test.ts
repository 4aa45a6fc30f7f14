/** Expanded activations that the backward pass makes again instead of keeping them. */
import assert from "node:assert/strict";
import { Adam, Device, f32, l2Normalize, ParameterSet, Program, Random, u32 } from "../../engine/mod.ts";
import { hardTripletLoss } from "../../losses/mod.ts";
import { MOBILENET_DEFAULTS, MobileNetV2 } from "../../model/mobilenet_v2.ts";
import { drawImages, LABELS, SmallNetwork } from "./small_network.ts";

for (const storage of ["buffer", "texture"] as const) {
  Deno.test(`Low memory ends with the bits of normal memory, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    const train = async (memory: "normal" | "low") => {
      const network = new SmallNetwork(device);
      const optimizer = new Adam(network.set, { rate: 1e-2 });
      const program = await network.trainingStep(optimizer, "hard", { memory });
      const losses: number[] = [];
      for (let step = 1; step <= 3; step++) {
        losses.push((await program.run({ images: drawImages(), labels: LABELS })).loss[0]);
      }
      const weights = [...(await network.set.read()).get("weights")!.values()].flatMap((
        values,
      ) => [...values]);
      const { length } = program.dispatches;
      for (const owner of [program, network.set]) owner.destroy();
      return { losses, weights, length };
    };
    const [normal, low] = [await train("normal"), await train("low")];
    assert.deepEqual(low.losses, normal.losses);
    assert.deepEqual(low.weights, normal.weights);
    assert.ok(low.length > normal.length, "something was made again");
    device.destroy();
  });

  Deno.test(`A training step of MobileNetV2 keeps to its memory, in ${storage}s`, async () => {
    const device = await Device.open({ storage });
    // Nothing runs here, so no pipeline needs to be compiled.
    device.gpu.createComputePipeline = () => ({}) as GPUComputePipeline;
    const inspect = async (memory: "normal" | "low") => {
      const set = new ParameterSet(device);
      const network = new MobileNetV2(set, new Random(1), MOBILENET_DEFAULTS);
      const optimizer = new Adam(set);
      const inputs = { images: f32([16, 256, 128, 3]), labels: u32([16]) };
      const program = await Program.record(device, inputs, ({ images, labels }) => {
        const embeddings = l2Normalize(network.apply(images, "training"), 1e-12);
        const { loss } = hardTripletLoss(embeddings, labels, {
          margin: 0.3,
          metric: "euclidean",
          softMargin: false,
        });
        optimizer.minimize(loss);
        return { loss };
      }, { memory });
      const result = { bytes: program.memory.temporaries, dispatches: program.dispatches.length };
      for (const owner of [program, set]) owner.destroy();
      return result;
    };
    /** What the network's convolutions write in all, 17.44 MB an image. */
    const outputs = 279_117_824;
    const [normal, low] = [await inspect("normal"), await inspect("low")];
    const times = (bytes: number) => `${(bytes / outputs).toFixed(2)} times the convolutions' outputs`;
    console.log(`Intermediate results in ${storage}s: ${times(normal.bytes)}, low ${times(low.bytes)}`);
    assert.ok(normal.bytes <= 1.35 * outputs);
    assert.ok(low.bytes <= (storage === "buffer" ? 1 : 1.15) * outputs);
    assert.ok(normal.dispatches <= 400, `${normal.dispatches} dispatches`);
    device.destroy();
  });
}
