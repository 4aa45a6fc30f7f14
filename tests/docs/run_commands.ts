/** The commands of the documentation that run in a test, and how a command is taken apart. */
import { TINY } from "../cli/tiny_people.ts";
import { words } from "./markdown.ts";

/** A command that runs: arguments that make it small, the end of its output, a file that it leaves. */
export interface Run {
  readonly small?: readonly string[];
  readonly says: RegExp;
  readonly file?: string;
}

/** An image that the documentation searches for. */
export const QUERY = "people/query/0012_c1s1_013919_04.jpg";

/** The commands that run, in this order. */
export const RUN: Readonly<Record<string, Run>> = {
  "deno task synth --out people": {
    // 32 images in the gallery: `embed` and `index` compile the network for as many at a time as `evaluate`.
    small: ["--train-identities=4", "--test-identities=3", "--cameras=2", "--distractors=18", "--junk=1"],
    says: /deno task train --data people/,
    file: "people/bounding_box_test",
  },
  "npx -y deno@2.9.6 task train --loss hard": {
    small: [...TINY, "--data=people"],
    says: /^trained .*%/m,
    file: "runs/hard/report.html",
  },
  "deno task inspect --data people --checkpoint runs/hard": {
    says: /^Suspected wrong labels +\d+$/m,
    file: "inspections/people/inspection.html",
  },
  "deno task evaluate --checkpoint runs/hard": { says: /^step 4 .*%/m },
  "deno task embed --checkpoint runs/hard --images people/bounding_box_test --out runs/hard/vectors.parquet":
    {
      says: /vectors of 1280 numbers/,
      file: "runs/hard/vectors.parquet",
    },
  "deno task index add --images people/bounding_box_test --checkpoint runs/hard": { says: /images added/ },
  [`deno task search --image ${QUERY} --not-camera 1 --out runs/hard/found.html`]: {
    says: /distance/,
    file: "runs/hard/found.html",
  },
  "deno task export --checkpoint runs/hard --format onnx": {
    says: /model\.onnx/,
    file: "runs/hard/model.onnx",
  },
  "deno task export --checkpoint runs/hard --format safetensors": {
    says: /torchvision\.safetensors/,
    file: "runs/hard/torchvision.safetensors",
  },
  "deno task export --checkpoint runs/hard --format model": {
    says: /model\.safetensors/,
    file: "runs/hard/model.safetensors",
  },
};

/** The task and the arguments of `deno task NAME ARGS` or `npx -y deno@VERSION task NAME ARGS`. */
export function taskOf(command: string): { task: string; args: string[] } | undefined {
  const [, rest] = /^(?:mpirun .* )?(?:deno|npx -y deno@[\d.]+) task (\S.*)$/.exec(command) ?? [];
  if (rest === undefined) return undefined;
  const [task = "", ...args] = words(rest);
  return { task, args };
}
