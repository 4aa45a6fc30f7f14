/** Ctrl-C and SIGTERM during work that should end in order. */
import { EXIT } from "./command.ts";

/** Whether the user has requested a stop. Until its disposal, a first signal does not end the process. */
export interface Interrupt extends Disposable {
  readonly requested: boolean;
}

/** The signals of this system that request a stop. */
export const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** A second signal within this time is the same Ctrl-C, which a task runner has passed on. */
const SAME_SIGNAL_MS = 300;

/**
 * Listens for signals. The first one requests a stop; a second one calls `leave` and ends the process at once.
 *
 * @param leave must not wait for anything.
 * @param answer the text to print at the first signal.
 */
export function listenForInterrupt(
  leave: () => void,
  answer = "Stopping after this step and saving; once more to leave at once",
): Interrupt {
  let askedAt: number | undefined;
  const listener = () => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      console.error(`\n${answer}`);
    } else if (performance.now() - askedAt >= SAME_SIGNAL_MS) {
      leave();
      Deno.exit(EXIT.interrupted);
    }
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, listener);
  return {
    get requested() {
      return askedAt !== undefined;
    },
    [Symbol.dispose]() {
      for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, listener);
    },
  };
}
