/** Settings that belong together, by one word. Data: the flags of `deno task train` that each recipe stands for. */

/** A recipe. */
export interface Recipe {
  /** Its name on the command line. */
  readonly key: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** The papers that its settings come from. */
  readonly sources: readonly string[];
  /** Values of flags, by the flags' names without dashes: what counts where the command line says nothing else. */
  readonly flags: Readonly<Record<string, string | number | boolean>>;
}

const entries: readonly Recipe[] = [
  {
    key: "plain",
    summary: "every flag has its own default.",
    sources: [],
    flags: {},
  },
  {
    key: "strong",
    summary:
      "batch-hard triplets with an identity head, augmentation and averaged weights, four times as long.",
    sources: [
      "Luo et al., Bag of Tricks and a Strong Baseline for Deep Person Re-identification, 2019",
      "Zhong et al., Random Erasing Data Augmentation, 2017",
      "Tarvainen and Valpola, Mean teachers are better role models, 2017",
    ],
    flags: { loss: "hard", epochs: 12, "id-loss": 1, "color-jitter": 0.2, erase: 0.3, zoom: 0.1, ema: 0.99 },
  },
];

/** The recipes by their key. */
export const recipeTable: Readonly<Record<string, Recipe>> = Object.fromEntries(
  entries.map((entry) => [entry.key, entry]),
);
