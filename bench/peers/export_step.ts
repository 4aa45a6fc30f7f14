/**
 * Writes one training step's weights, batch, loss and gradients, for `torch_step.py --step` to compare.
 *
 * Weights and running statistics before the step are under their names, in our layouts (`model/layers.ts`);
 * `gradients/NAME` is the gradient of NAME; `batch/images` [N, H, W, 3] and `batch/labels` [N].
 */
import { type Command, type FlagTable, parseFlags } from "../../cli/flags.ts";
import { EXIT, runCommand } from "../../cli/command.ts";
import { backward, Device, f32, Program, u32 } from "../../engine/mod.ts";
import { encodeSafetensors, type SafetensorsTensor } from "../../model/safetensors.ts";
import { model, trainingLoss } from "./ours.ts";
import { images, labels, network, SIZE, type Size } from "./scenario.ts";

const COMMAND: Command = {
  usage: "deno run --allow-env=XDG_RUNTIME_DIR --allow-write bench/peers/export_step.ts",
  summary:
    "Writes the weights, the batch and the gradients of one training step (MobileNetV2, batch-hard triplet loss) " +
    "as safetensors: python3 bench/peers/torch_step.py --step FILE compares them with PyTorch's.",
};

const FLAGS = {
  width: { type: "number", above: 0, default: SIZE.width, help: "Width multiplier of the network." },
  imageHeight: { type: "integer", min: 32, default: SIZE.height, help: "In pixels." },
  imageWidth: { type: "integer", min: 32, default: SIZE.imageWidth, help: "In pixels." },
  people: { type: "integer", min: 2, default: 4, help: "In the batch, with four images each." },
  out: { type: "string", value: "FILE", default: "step.safetensors", help: "Where to." },
} as const satisfies FlagTable;

/** Images of each person, as in `torch_step.py`. */
const EACH = 4;

/** A step's weights, batch and gradients by name, and its loss. */
export async function recordStep(
  device: Device,
  size: Size,
  people: number,
): Promise<{ tensors: Map<string, SafetensorsTensor>; loss: number }> {
  const batch = people * EACH;
  const reid = model(device, size);
  const [x, y] = [images(batch, size), labels(batch, EACH)];
  const shape = [batch, size.height, size.imageWidth, 3];
  const program = await Program.record(device, { x: f32(shape), y: u32([batch]) }, ({ x, y }) => {
    const loss = trainingLoss(reid, x, y);
    backward(loss);
    return { loss };
  });
  const { loss } = await program.run({ x, y });
  const gradients = (await reid.parameters.read("gradients")).get("gradients")!;
  const { weights } = network(size.width);
  const tensors = new Map<string, SafetensorsTensor>([
    ["batch/images", { dtype: "F32", shape, data: x }],
    ["batch/labels", { dtype: "I32", shape: [batch], data: Int32Array.from(y) }],
  ]);
  for (const parameter of reid.parameters.parameters) {
    const data = Float32Array.from(weights.get(parameter.name)!);
    tensors.set(parameter.name, { dtype: "F32", shape: [...parameter.shape], data });
  }
  for (const [{ name, shape }, data] of gradients) {
    tensors.set(`gradients/${name}`, { dtype: "F32", shape: [...shape], data });
  }
  program.destroy();
  reid.parameters.destroy();
  return { tensors, loss: loss[0] };
}

/** Runs the command. Returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { width, imageHeight: height, imageWidth, people, out } = parseFlags(COMMAND, FLAGS, args);
  const device = await Device.open();
  try {
    const { tensors, loss } = await recordStep(device, { width, height, imageWidth }, people);
    await Deno.writeFile(out, encodeSafetensors(tensors, { width: String(width), loss: String(loss) }));
    console.log(`${out}: loss ${loss}, ${tensors.size} tensors, computed by ${device.adapter.name}`);
    return EXIT.done;
  } finally {
    device.destroy();
  }
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
