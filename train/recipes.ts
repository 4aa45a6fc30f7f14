/** Recipes: settings that belong together, by one name. */
import { keysOf, type Rows } from "../model/settings.ts";
import type { TableValues } from "./settings/table.ts";

/** A recipe. */
export interface Recipe {
  /** One sentence that describes it. */
  readonly summary: string;
  /** The papers that its settings come from. */
  readonly sources: readonly string[];
  /** Its settings, which replace the defaults. */
  readonly settings: Readonly<Partial<TableValues>>;
}

const recipes = {
  plain: { summary: "every setting has its own default.", sources: [], settings: {} },
  strong: {
    summary:
      "batch-hard triplets with an identity head, augmentation and averaged weights, four times as long.",
    sources: [
      "Luo et al., Bag of Tricks and a Strong Baseline for Deep Person Re-identification, 2019",
      "Zhong et al., Random Erasing Data Augmentation, 2017",
      "Tarvainen and Valpola, Mean teachers are better role models, 2017",
    ],
    settings: { loss: "hard", epochs: 12, idLoss: 1, colorJitter: 0.2, erase: 0.3, zoom: 0.1, ema: 0.99 },
  },
} satisfies Record<string, Recipe>;

/** The recipes by name. */
export const recipeTable: Readonly<Record<keyof typeof recipes, Recipe>> = recipes;

const RECIPES = keysOf(recipeTable);

function inWords(name: typeof RECIPES[number]): string {
  const { summary, sources, settings } = recipeTable[name];
  const values = Object.entries(settings).map(([key, value]) => `{${key}} ${value}`).join(" ");
  const details = [values, ...sources].filter((text) => text !== "");
  return `${name}: ${summary}${details.length > 0 ? ` (${details.join("; ")}.)` : ""}`;
}

/** The group "Recipe". */
export const RECIPE_SETTINGS = {
  recipe: {
    type: "choice",
    choices: RECIPES,
    default: "plain",
    group: "Recipe",
    help: `Sets other flags; those that are given as well take precedence. ${RECIPES.map(inWords).join(" ")}`,
  },
} as const satisfies Rows;
