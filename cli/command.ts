/** What every command shares: how errors become messages and exit codes. */
import { DeviceLostError, OutOfMemoryError, UserError } from "../engine/mod.ts";
import { HelpRequest, UsageError } from "./flags.ts";
import { withFlags } from "./remedies.ts";

/** Exit codes, as docs/training.md lists them. */
export const EXIT = { done: 0, failed: 1, usage: 2, deviceLost: 3, interrupted: 130 };

/**
 * Keeps Mesa's Vulkan loader from complaining on stderr where no desktop session is running; it looks for Wayland
 * there, which this program does not use.
 */
function quietVulkan(): void {
  const name = "XDG_RUNTIME_DIR";
  if (Deno.build.os === "linux" && !Deno.env.get(name)) Deno.env.set(name, "/tmp");
}

/** The most characters of a message: beyond it is what somebody else's file or command line has put in. */
const MOST_CHARACTERS = 4000;

/**
 * A message as the terminal is to show it: one paragraph. Names of files and what stands in them come from others, and
 * control characters in them would steer the terminal.
 */
export function printable(message: string): string {
  // deno-lint-ignore no-control-regex
  const plain = message.slice(0, MOST_CHARACTERS).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
  return message.length > MOST_CHARACTERS ? `${plain}…` : plain;
}

/**
 * Runs a command and returns its exit code; a mistake of the user's is one paragraph on stderr.
 *
 * @param whenLost what helps where the GPU was lost or had no memory left.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
  args: string[],
  whenLost = "Give the same command again.",
): Promise<number> {
  quietVulkan();
  try {
    return await main(args);
  } catch (error) {
    if (error instanceof HelpRequest) {
      console.log(error.message);
      return EXIT.done;
    }
    if (error instanceof UsageError) {
      console.error(`error: ${printable(error.message)}`);
      return EXIT.usage;
    }
    if (error instanceof DeviceLostError || error instanceof OutOfMemoryError) {
      console.error(`error: ${printable(error.message)}. ${whenLost}`);
      return EXIT.deviceLost;
    }
    if (error instanceof UserError) {
      console.error(`error: ${printable(withFlags(error))}`);
      return EXIT.failed;
    }
    console.error("error: This should not have happened; please report it with the lines below.");
    console.error(error);
    return EXIT.failed;
  }
}
