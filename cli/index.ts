/** `deno task index`: keeps a gallery of images to search. */
import { runAction } from "./actions.ts";
import { runCommand } from "./command.ts";
import { ADD, add } from "./index/add.ts";
import { BUILD, build } from "./index/build.ts";
import { REMOVE, remove } from "./index/remove.ts";
import { STATS, stats } from "./index/stats.ts";

const COMMAND = {
  usage: "deno task index",
  summary: "Keeps a gallery of images, by their embeddings, for deno task search.",
  examples: [
    ["deno task index add --images crops --checkpoint runs/hard", "a gallery in the folder gallery/"],
    ["deno task index stats", "its contents"],
  ],
} as const;

const ACTIONS = {
  add: { command: ADD, run: add },
  remove: { command: REMOVE, run: remove },
  build: { command: BUILD, run: build },
  stats: { command: STATS, run: stats },
};

/** Runs the action that the first argument names, and returns the exit code. */
export async function main(args: string[]): Promise<number> {
  return await runAction(COMMAND, ACTIONS, args);
}

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
