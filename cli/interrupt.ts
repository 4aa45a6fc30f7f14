/** Ctrl-C and SIGTERM while there is work that should end in good order. */
import { EXIT } from "./command.ts";

/** Whether the user has asked to stop; until it is disposed of, signals do no more than ask. */
export interface Interrupt extends Disposable {
  readonly requested: boolean;
}

/** What asks a process to stop, where a system has it. */
export const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** A signal that follows another one by less is the same Ctrl-C: task runners pass it on to who has it already. */
const SAME_SIGNAL_MS = 300;

/**
 * Listens for signals. The first one asks to stop; a second one calls `leave` and ends the process at once.
 *
 * @param leave must not wait for anything.
 * @param answer what the first signal is answered with.
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
