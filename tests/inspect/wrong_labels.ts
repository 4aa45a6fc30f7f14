/**
 * Gives some training images of a dataset in Market-1501's layout the name of another person, and tells how many of them
 * an inspection finds. The figures of docs/data.md are from these commands:
 *
 *     deno task synth --out people --seed 5
 *     deno run --allow-read --allow-write tests/inspect/wrong_labels.ts mislabel people 0.02
 *     deno task inspect --data people --checkpoint runs/hard
 *     deno run --allow-read tests/inspect/wrong_labels.ts score people inspections/people/inspection.json
 */
import { basename, join } from "node:path";
import { Random } from "../../engine/mod.ts";

/** Renames a share of the training images, drawn from the seed; returns their new names. */
export async function mislabel(folder: string, share: number, seed: number): Promise<string[]> {
  const training = join(folder, "bounding_box_train");
  const names = [...Deno.readDirSync(training)].map(({ name }) => name).filter((name) =>
    name.endsWith(".jpg")
  ).sort();
  const who = (name: string) => name.slice(0, name.indexOf("_"));
  const people = [...new Set(names.map(who))];
  const random = new Random(seed);
  const taken = new Set(names);
  const renamed: string[] = [];
  for (const name of random.shuffle(names).slice(0, Math.round(share * names.length))) {
    const others = people.map((person) => person + name.slice(who(name).length)).filter((other) =>
      !taken.has(other)
    );
    const other = others[random.integer(others.length)]!;
    await Deno.rename(join(training, name), join(training, other));
    taken.add(other);
    renamed.push(other);
  }
  return renamed;
}

/** Of the first `count` images that an inspection suspects: the share that is wrong, and the share of the wrong found. */
export function precisionAndRecall(suspects: readonly string[], wrong: readonly string[], count: number) {
  const right = suspects.slice(0, count).filter((path) => wrong.includes(basename(path))).length;
  return { precision: right / Math.min(count, suspects.length), recall: right / wrong.length };
}

/** Where the names of the wrong images are kept. */
const list = (folder: string) => `${folder.replace(/\/+$/, "")}.wrong.json`;

if (import.meta.main) {
  const [action, folder = "", last = ""] = Deno.args;
  if (action === "mislabel") {
    const wrong = await mislabel(folder, Number(last), 7);
    await Deno.writeTextFile(list(folder), JSON.stringify(wrong));
    console.log(
      `${wrong.length} training images of ${folder} have another person's number; ${list(folder)} names them`,
    );
  } else {
    const wrong: string[] = JSON.parse(await Deno.readTextFile(list(folder)));
    const { wrongLabels }: { wrongLabels: { path: string }[] } = JSON.parse(await Deno.readTextFile(last));
    const suspects = wrongLabels.map(({ path }) => path);
    for (const count of [wrong.length, 2 * wrong.length]) {
      const { precision, recall } = precisionAndRecall(suspects, wrong, count);
      const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
      console.log(
        `first ${count} of ${suspects.length}: precision ${percent(precision)}, recall ${percent(recall)}`,
      );
    }
  }
}
