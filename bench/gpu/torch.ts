/** PyTorch on the same machine, where it is: its times, and whether its gradients are ours. */
import { fileURLToPath } from "node:url";
import { encodeSafetensors } from "../../model/safetensors.ts";
import type { Device } from "../../engine/mod.ts";
import { recordStep } from "../peers/export_step.ts";
import type { Size } from "../peers/scenario.ts";
import type { PrintedReport } from "./page.ts";

const SCRIPT = fileURLToPath(new URL("../peers/torch_step.py", import.meta.url));

/** Whether there is a PyTorch. */
export async function hasTorch(): Promise<boolean> {
  return (await python(["-c", "import torch"], 60)).code === 0;
}

/** PyTorch's step and forward pass. @param seconds after which it is ended; what it has printed by then counts. */
export async function torchTimes(batch: number, seconds: number): Promise<PrintedReport> {
  const { text } = await python([SCRIPT, "--batch", `${batch}`], seconds);
  return { title: "PyTorch", text };
}

/** Our gradients of one step, and PyTorch's, beside f64. @param file where the step is kept. */
export async function torchAgreement(
  device: Device,
  size: Size,
  file: string,
  seconds: number,
): Promise<PrintedReport> {
  const { tensors, loss } = await recordStep(device, size, 4);
  await Deno.writeFile(file, encodeSafetensors(tensors, { width: String(size.width), loss: String(loss) }));
  const { text } = await python([SCRIPT, "--step", file], seconds);
  const title =
    `Gradients beside PyTorch's, width ${size.width}, ${size.height}×${size.imageWidth}, 16 images`;
  return { title, text };
}

/** Runs Python; the exit code is 1 where there is none. */
async function python(args: string[], seconds: number): Promise<{ code: number; text: string }> {
  try {
    const signal = AbortSignal.timeout(1000 * seconds);
    const options = { args, signal, stdin: "null", stdout: "piped", stderr: "piped" } as const;
    const { code, stdout, stderr } = await new Deno.Command("python3", options).output();
    const decoder = new TextDecoder();
    const late = signal.aborted ? `\n(ended after ${seconds.toFixed(0)} s)` : "";
    return { code, text: decoder.decode(stdout) + (code === 0 ? "" : decoder.decode(stderr)) + late };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { code: 1, text: "There is no python3." };
    throw error;
  }
}
