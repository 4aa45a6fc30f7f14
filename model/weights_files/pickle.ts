/**
 * Python's pickle format, protocols 0 to 5 (Python's `pickletools` describes every opcode), read by a machine that runs
 * nothing: a pickle is a program that names functions and calls them, and this machine knows only the globals that it is
 * given. Any other is refused by its name. There is no import, no lookup and no code behind a name.
 */
import { ByteReader } from "./byte_reader.ts";
import { PickleMachine, type PickleOptions } from "./pickle_machine.ts";
import { OPERATIONS, STOP } from "./pickle_opcodes.ts";
import type { PickleValue } from "./pickle_values.ts";
import { damaged } from "./weights_file_error.ts";

export type { PickleOptions } from "./pickle_machine.ts";

/**
 * Reads one pickle from an offset.
 *
 * @returns the value, and the offset behind the pickle.
 * @throws {WeightsFileError} `refused` for what could run code, by its name; `damaged` and `too-large` for the rest.
 */
export function readPickle(
  bytes: Uint8Array,
  options: PickleOptions,
  start = 0,
): { value: PickleValue; end: number } {
  const input = new ByteReader(bytes, "the pickle", start);
  const machine = new PickleMachine(input, options);
  for (;;) {
    machine.count(1);
    const at = input.at;
    const code = input.u8();
    if (code === STOP) return { value: machine.pop(), end: input.at };
    const operation = OPERATIONS[code];
    if (operation === undefined) {
      const hexadecimal = code.toString(16).padStart(2, "0");
      throw damaged(`byte ${at} of the pickle is 0x${hexadecimal}, no opcode of protocol 0 to 5`);
    }
    operation(machine);
  }
}
