/** Flags of `deno task train`: one word for many of the others. */
import { type Recipe, recipeTable } from "../../train/recipes.ts";
import { type Command, defineFlags, type FlagTable, type FlagValues, parseFlags } from "../flags.ts";

/** A recipe as the flags that it stands for. */
function spelledOut({ flags }: Recipe): string {
  return Object.entries(flags).map(([name, value]) =>
    typeof value === "boolean" ? `--${value ? "" : "no-"}${name}` : `--${name} ${value}`
  ).join(" ");
}

const recipes = Object.values(recipeTable).map((recipe) => {
  const details = [...(spelledOut(recipe) === "" ? [] : [spelledOut(recipe)]), ...recipe.sources];
  return `${recipe.key}: ${recipe.summary}${details.length > 0 ? ` (${details.join("; ")}.)` : ""}`;
});

/** The group "Recipe" of `--help`. */
export const RECIPE_FLAGS = defineFlags({
  recipe: {
    type: "choice",
    choices: Object.keys(recipeTable),
    default: "plain",
    group: "Recipe",
    help: `Sets other flags; those that are given as well still win. ${recipes.join(" ")}`,
  },
});

/**
 * Parses arguments as parseFlags() does, except that the recipe among them takes the place of the table's defaults.
 *
 * @throws {UsageError} for a mistake in the arguments.
 * @throws {HelpRequest} for `--help`.
 */
export function parseWithRecipe<const Table extends FlagTable & typeof RECIPE_FLAGS>(
  command: Command,
  table: Table,
  args: readonly string[],
): FlagValues<Table> {
  const { recipe } = parseFlags(command, table, args) as FlagValues<typeof RECIPE_FLAGS>;
  const { flags } = recipeTable[recipe];
  const rows = Object.entries(table).map(([name, flag]) =>
    [name, Object.hasOwn(flags, name) ? { ...flag, default: flags[name] } : flag] as const
  );
  return parseFlags(command, Object.fromEntries(rows) as unknown as Table, args);
}
