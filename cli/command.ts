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

/** What helps after the device was lost, unless a command knows better. */
export const RUN_AGAIN = "Run the same command again.";

/**
 * Runs a command and returns its exit code. A mistake of the user gives one paragraph on stderr.
 *
 * @param whenLost advice if the GPU was lost or out of memory.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
  args: string[],
  whenLost = RUN_AGAIN,
): Promise<number> {
  quietVulkan();
  try {
    return await main(args);
  } catch (error) {
    if (error instanceof HelpRequest) {
      console.log(error.message);
      return EXIT.done;
    }
    const { code, message } = failure(error, whenLost);
    console.error(message);
    return code;
  }
}

/** The exit code for an error, and what to print: one paragraph, or for an error of the program what its reader needs. */
export function failure(error: unknown, whenLost: string): { code: number; message: string } {
  if (error instanceof UsageError) {
    return { code: EXIT.usage, message: `error: ${printable(error.message)}` };
  }
  if (error instanceof DeviceLostError || error instanceof OutOfMemoryError) {
    return { code: EXIT.deviceLost, message: `error: ${printable(error.message)}. ${whenLost}` };
  }
  if (error instanceof UserError) {
    return { code: EXIT.failed, message: `error: ${printable(withFlags(error))}` };
  }
  const bug = "error: This should not have happened; please report it with the lines below.";
  return { code: EXIT.failed, message: `${bug}\n${Deno.inspect(error)}` };
}
