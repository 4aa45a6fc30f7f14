/** What `deno task train` tells about a run. */
import { CONVENTIONS } from "../model/conventions.ts";
import { isCounter } from "../model/pretrained/tensor_names.ts";
import { type HistoryColumn, historyColumns } from "../train/metrics.ts";
import type { TrainingOptions } from "../train/options.ts";
import { ALL_BLOCKS } from "../train/settings/transfer.ts";
import type { PretrainedFile } from "../train/pretrained_file.ts";
import type { Trainer } from "../train/trainer.ts";

/** The content of a file of weights, and what a run takes of it. */
export function describePretrained(
  { name, backbone: { family, convention, exported, width } }: PretrainedFile,
  { pretrainedBlocks }: TrainingOptions,
): string {
  const { padding, epsilon, color } = CONVENTIONS[convention];
  const from = exported ? `, exported from convention ${convention}` : "";
  return `Backbone from ${name}: ${family}'s MobileNetV2 ${width}${from}, ${padding} padding, epsilon ${epsilon}, ` +
    `colors scaled as for ${color}; ` +
    (pretrainedBlocks === ALL_BLOCKS
      ? "all of it is taken"
      : `the first convolution and ${pretrainedBlocks} of 17 blocks are taken, the others drawn (--pretrained-blocks)`);
}

/** What of a file of weights is read otherwise than it stands there, or not at all. */
export function pretrainedNotes({ name, notes, backbone: { prefixes, ignored } }: PretrainedFile): string[] {
  const [counters, heads] = [ignored.filter(isCounter), ignored.filter((tensor) => !isCounter(tensor))];
  const left = [
    ...(heads.length > 0 ? [`the head ${heads.join(", ")}`] : []),
    ...(counters.length > 0 ? [`${counters.length} counts of batches`] : []),
  ];
  return [
    ...notes.map((note) => `in ${name} ${note}`),
    ...(prefixes.length > 0
      ? [`in ${name} tensors are read without ${prefixes.join(", ")} before their names`]
      : []),
    ...(left.length > 0 ? [`of ${name} this is not used: ${left.join("; ")}`] : []),
  ];
}

/** The network, the loss, the length and the memory of a run. */
export function describeRun({ model, options, sampler, steps, program, device, ranks }: Trainer): string {
  const { parameters, spec } = model;
  const { microBatches } = options;
  const inParts = microBatches > 1
    ? ` (${microBatches} micro-batches of ${sampler.batchImages / microBatches})`
    : "";
  return `MobileNetV2 ${spec.width}, ${spec.imageHeight} × ${spec.imageWidth} pixels, ` +
    `${parameters.count("trainable").toLocaleString("en")} trainable parameters; recipe ${options.recipe}, ` +
    `loss ${options.loss}, activations in ${options.precision}, ` +
    `${sampler.batchImages} images a batch${inParts}, ${steps} steps; GPU memory ` +
    `${((program.bytes + parameters.gpuBytes) / 2 ** 20).toFixed(0)} MiB on ${device.adapter.name}` +
    (ranks.size > 1 ? `, and as much on each of the other ${ranks.size - 1} ranks` : "");
}

/** Facts about a finished run, by their names in its report. */
export function runFacts({ inputWait: { share }, options, history, step }: Trainer): Record<string, string> {
  const facts: Record<string, string> = {};
  if (share !== undefined) {
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
    facts["GPU waited for images"] = `${percent(share.least)} of the time, at most ${percent(share.most)}`;
  }
  const columns = historyColumns(options);
  if (columns.includes("gradientNorm")) {
    const norms = history.filter((_, i) => i % columns.length === columns.indexOf("gradientNorm"));
    const clipped = norms.filter((norm) => norm > options.clipNorm).length;
    const mean = norms.reduce((sum, norm) => sum + norm, 0) / step;
    facts["Gradient norm"] = `${mean.toPrecision(3)} on average, clipped in ${clipped} of ${step} steps`;
  }
  if (columns.includes("lossScale")) {
    const last = (name: HistoryColumn) => history[history.length - columns.length + columns.indexOf(name)];
    facts["Loss scale"] = `${last("lossScale")} at the end, ${last("skippedSteps")} of ${step} steps skipped`;
  }
  return facts;
}
