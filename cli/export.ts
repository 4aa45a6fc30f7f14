/** `deno task export`: writes a trained network for other programs. */
import { dirname, join } from "node:path";
import { embeddingSizeOf } from "../export/description.ts";
import { type FormatName, FORMATS } from "../export/formats.ts";
import { NEWEST_OPSET, OLDEST_OPSET } from "../export/onnx/graph.ts";
import type { OnnxOptions } from "../export/onnx/network.ts";
import { otherThanTorchvision } from "../export/torchvision.ts";
import { keysOf } from "../model/settings.ts";
import { ModelFileError, type TrainedModel, WEIGHT_FORMATS } from "../model/trained_model.ts";
import { DEMO } from "../train/demo/demo.ts";
import { RunError } from "../train/errors.ts";
import { readConfig } from "../train/run_folder.ts";
import { readTrainedModel } from "../train/trained_model_file.ts";
import { EXIT, runCommand } from "./command.ts";
import { type FlagTable, parseFlags, UsageError } from "./flags.ts";
import { refuseExisting, writeOutput } from "./output.ts";
import { CHECKPOINT_FLAG, EMA_FLAG } from "./shared_flags.ts";

const COMMAND = {
  usage: "deno task export",
  summary:
    "Writes a trained network as ONNX, as safetensors for PyTorch, or as a model file of this program.",
  examples: [
    [
      "deno task export --checkpoint runs/hard --format onnx",
      "runs/hard/model.onnx, from pixels to embeddings",
    ],
    [
      "deno task export --checkpoint runs/hard --format safetensors --out reid.safetensors",
      "weights under torchvision's names",
    ],
  ],
} as const;

const FORMAT_NAMES = keysOf(FORMATS);

const FLAGS = {
  checkpoint: { ...CHECKPOINT_FLAG, required: true },
  format: {
    type: "choice",
    choices: FORMAT_NAMES,
    required: true,
    help: `${FORMAT_NAMES.map((name) => `${name}: ${FORMATS[name].summary}`).join("; ")}.`,
  },
  out: {
    type: "string",
    value: "FILE",
    help: `File to write. By default in the run's folder, and of ${DEMO} in the working directory: ${
      FORMAT_NAMES.map((name) => FORMATS[name].fileName).join(", ")
    }.`,
  },
  overwrite: { type: "boolean", help: "Replaces the file if it exists." },
  ema: EMA_FLAG,
  dtype: {
    type: "choice",
    choices: WEIGHT_FORMATS,
    default: "f32",
    group: "Model file",
    help:
      "Number format of the weights of --format model. f16: half the file; embeddings change by thousandths of their " +
      "length, so a gallery of the one file cannot be searched with the other.",
  },
  preprocess: {
    type: "boolean",
    default: true,
    group: "ONNX",
    help:
      "The input is uint8 [batch, height, width, 3], RGB as decoded, and the graph scales it; --no-preprocess: the input " +
      "is float32 [batch, 3, height, width], scaled by mean and std of the metadata.",
  },
  normalize: {
    type: "boolean",
    default: true,
    group: "ONNX",
    help: "Scales embeddings to length one, if the network does; --no-normalize leaves that step out.",
  },
  opset: {
    type: "integer",
    min: OLDEST_OPSET,
    max: NEWEST_OPSET,
    default: NEWEST_OPSET,
    group: "ONNX",
    help:
      "Version of ONNX's operators. The graph is the same in all; older runtimes may require a smaller number.",
  },
} as const satisfies FlagTable;

/** Parses the flags, writes the file, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const flags = parseFlags(COMMAND, FLAGS, args);
  const { format: name } = flags;
  const requirements = [
    [!flags.preprocess, "no-preprocess", "onnx"],
    [!flags.normalize, "no-normalize", "onnx"],
    [flags.opset !== NEWEST_OPSET, "opset", "onnx"],
    [flags.dtype !== "f32", `dtype ${flags.dtype}`, "model"],
  ] as const;
  const broken = requirements.find(([given, , format]) => given && format !== name);
  if (broken) throw new UsageError(`--${broken[1]} requires --format ${broken[2]}`);
  const { model, path, run, isDemo } = await readTrainedModel(flags.checkpoint, { averaged: flags.ema });
  const training = run === undefined ? undefined : (await readConfig(run)).options;
  const out = flags.out ?? join(run ?? (isDemo ? "" : dirname(path)), FORMATS[name].fileName);
  if (!flags.overwrite) await refuseExisting(out);
  let bytes: Uint8Array;
  try {
    bytes = await FORMATS[name].encode(model, training, { ...flags, weights: flags.dtype });
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new RunError(`${path} is damaged: ${error.message}. Use another checkpoint.`);
  }
  await writeOutput(out, bytes);
  console.log(`${out}: ${(bytes.length / 1e6).toFixed(1)} MB, step ${model.step} of ${path}`);
  if (training && training.ema > 0 && flags.ema) {
    console.log("The weights are the moving average; --no-ema uses those of the last step");
  }
  for (const line of describeFile(name, model, flags)) console.log(line);
  return EXIT.done;
}

/** The inputs and outputs of the file. */
function describeFile(name: FormatName, { spec }: TrainedModel, options: OnnxOptions): string[] {
  const { imageHeight: h, imageWidth: w } = spec;
  if (name === "onnx") {
    const unit = options.normalize && spec.normalize ? "of length one" : "of any length";
    return [
      `Input images: ${
        options.preprocess ? `uint8 [batch, ${h}, ${w}, 3], RGB` : `float32 [batch, 3, ${h}, ${w}], scaled`
      }`,
      `Output embeddings: float32 [batch, ${embeddingSizeOf(spec)}], ${unit}`,
      `Operators of opset ${options.opset}`,
    ];
  }
  const warning = name === "safetensors" ? otherThanTorchvision(spec) : undefined;
  return warning === undefined ? [] : [`Take care: ${warning}`];
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
