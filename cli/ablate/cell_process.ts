/**
 * Trains and scores one cell in its own process: its memory is freed when it ends, and several processes can run at
 * once. Reads a {@linkcode CellRequest} from stdin, writes a {@linkcode CellMessage} a line to stdout.
 */
import type { LayoutName } from "../../data/layouts/image_name.ts";
import { type CellResult, runCell } from "../../train/ablation/cell.ts";
import type { TrainingOptions } from "../../train/options.ts";
import { EXIT, runCommand } from "../command.ts";
import { openDevice } from "../device.ts";
import { openPeople, openPixels } from "../people.ts";

/** What to train, on what. */
export interface CellRequest {
  readonly options: TrainingOptions;
  readonly data: string;
  readonly layout?: LayoutName;
  readonly cache: string;
}

/** A line of the answer. */
export type CellMessage = { readonly share: number } | { readonly result: CellResult };

/** Writes all of it before it returns, and throws where nobody reads any more: then this process is of no use. */
function say(message: CellMessage): void {
  const bytes = new TextEncoder().encode(JSON.stringify(message) + "\n");
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

async function main(): Promise<number> {
  const { options, data, layout, cache }: CellRequest = JSON.parse(
    await new Response(Deno.stdin.readable).text(),
  );
  const device = await openDevice();
  const dataset = await openPeople({ data, layout }, cache, () => {});
  const train = await openPixels(dataset, "train", options, cache);
  const test = await openPixels(dataset, "test", options, cache);
  let said = 0;
  const result = await runCell(device, options, dataset, { train, test }, (share) => {
    if (share - said < 0.01) return;
    said = share;
    say({ share });
  });
  say({ result });
  device.destroy();
  return EXIT.done;
}

if (import.meta.main) Deno.exit(await runCommand(main, []));
