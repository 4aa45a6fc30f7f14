/** The network of commands that also work before anything was trained. */
import { DEMO } from "../train/demo/demo.ts";
import { CHECKPOINT_FLAG } from "./shared_flags.ts";

/** The default run of `deno task train`. */
const DEFAULT_RUN = "runs/hard";

/** `--checkpoint` with {@link defaultNetwork} as its default. */
export const OPTIONAL_CHECKPOINT_FLAG = {
  ...CHECKPOINT_FLAG,
  help: `${CHECKPOINT_FLAG.help} By default ${DEFAULT_RUN}, or ${DEMO} if there is no such run.`,
} as const;

/** The default run, or the demonstration where that does not exist. */
export async function defaultNetwork(): Promise<string> {
  const there = await Deno.stat(DEFAULT_RUN).then(({ isDirectory }) => isDirectory, () => false);
  return there ? DEFAULT_RUN : DEMO;
}
