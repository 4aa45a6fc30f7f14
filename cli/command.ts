/** Shared by all commands: errors become messages and exit codes. */
import { DeviceLostError, OutOfMemoryError, UserError } from "../engine/mod.ts";
import { HelpRequest, UsageError } from "./flags.ts";
import { withFlags } from "./remedies.ts";

/** Exit codes, as docs/training.md lists them. */
export const EXIT = { done: 0, failed: 1, usage: 2, deviceLost: 3, interrupted: 130 };

/**
 * Prevents a warning of Mesa's Vulkan loader on stderr without a desktop session. It looks for Wayland, which this
 * program does not use.
 */
function quietVulkan(): void {
  const name = "XDG_RUNTIME_DIR";
  if (Deno.build.os === "linux" && !Deno.env.get(name)) Deno.env.set(name, "/tmp");
}

/** The most characters of a message; longer ones contain text of a file or a command line. */
const MOST_CHARACTERS = 4000;

/**
 * A message for the terminal: one paragraph, without control characters, which names and contents of files may have.
 */
export function printable(message: string): string {
  // deno-lint-ignore no-control-regex
  const plain = message.slice(0, MOST_CHARACTERS).replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
  return message.length > MOST_CHARACTERS ? `${plain}…` : plain;
}

/**
 * Runs a command and returns its exit code. A mistake of the user gives one paragraph on stderr.
 *
 * @param whenLost advice if the GPU was lost or out of memory.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
  args: string[],
  whenLost = "Run the same command again.",
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
