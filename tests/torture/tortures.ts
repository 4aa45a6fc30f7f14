/** The module of every torture, by name, in the order of the table. A new torture adds a line. */
export const TORTURES: Readonly<Record<string, string>> = {
  "safetensors": "./input/safetensors.ts",
  "weights": "./input/weights.ts",
  "images": "./input/images.ts",
  "command-lines": "./input/command_lines.ts",
  "settings": "./input/json_files.ts",
  "data-folders": "./input/data_folders.ts",
  "web-server": "./input/web_requests.ts",
  "kernels": "./kernels/out_of_bounds.ts",
  "embed": "./kill/embed.ts",
  "crash": "./runs/crash.ts",
  "signals": "./runs/signals.ts",
  "concurrency": "./runs/concurrency.ts",
  "gpu-calls": "./device/faults.ts",
  "numerics": "./numerics/non_finite_numbers.ts",
  "numbers": "./numbers/extremes.ts",
  "long": "./long/long_run.ts",
};

/** The URL of a module in this folder. */
export function moduleOf(path: string): string {
  return new URL(path, import.meta.url).href;
}
