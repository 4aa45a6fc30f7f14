/**
 * Triplet losses of your own embeddings: the loss, how many triplets are active, and where the gradient would move each
 * embedding.
 *
 *     deno run examples/own_embeddings.ts
 *
 * Put your own rows into `embeddings` and the identity of each into `labels`.
 */
import { backward, Device, f32, Program, u32 } from "@reid/webgpu/engine";
import { hardTripletLoss, semiHardTripletLoss, TRIPLET_METRICS } from "@reid/webgpu/losses";

// Three people with two images each, in the plane. The last image of person 9 is near those of person 8.
const embeddings = Float32Array.of(0, 0, 1, 0, 4, 0, 4, 1, 0, 4, 3, 1);
const labels = Uint32Array.of(7, 7, 8, 8, 9, 9);
const [rows, width] = [labels.length, embeddings.length / labels.length];

const device = await Device.open();
for (const [name, lossOf] of [["hard", hardTripletLoss], ["semi-hard", semiHardTripletLoss]] as const) {
  const program = await Program.record(
    device,
    // Gradients flow to weights, and to inputs that are differentiable.
    { embeddings: f32([rows, width], { differentiable: true }), labels: u32([rows]) },
    ({ embeddings, labels }) => {
      const { loss, metrics } = lossOf(embeddings, labels, { margin: 0.5 });
      const gradient = backward(loss).of(embeddings);
      if (gradient === undefined) throw new Error("The loss does not depend on the embeddings");
      return { loss, metrics, gradient };
    },
  );
  const { loss, metrics, gradient } = await program.run({ embeddings, labels });

  const metric = (key: typeof TRIPLET_METRICS[number]) => metrics.at(TRIPLET_METRICS.indexOf(key)) ?? NaN;
  const active = Math.round(metric("active") * metric("triplets"));
  console.log(`${name}: loss ${loss.at(0)?.toFixed(4)}, ${active} of ${metric("triplets")} triplets active`);
  labels.forEach((person, i) => {
    const row = (of: Float32Array) => Array.from(of.subarray(i * width, (i + 1) * width));
    const step = row(gradient).map((g) => (-g).toFixed(3).padStart(7)).join(" ");
    console.log(`  person ${person} at (${row(embeddings).join(", ")}) is pulled by ${step}`);
  });
  program.destroy();
}
device.destroy();
