/** The self-test of an adapter that this machine has not used before; that it passed is kept on disk. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { messageOf } from "../data/errors.ts";
import { type Device, failedTests, selfTest, type SelfTestResult } from "../engine/mod.ts";
import { RunError } from "./errors.ts";
import { writeWhole } from "./write_whole.ts";

/**
 * Tests the adapter of a device unless it has passed before, with this runtime. Software adapters are not tested here: the
 * tests of this program run on them.
 *
 * @param folder where the results are kept. If they cannot be written, a note on stderr says so.
 * @param onTest called before the test begins.
 * @throws {RunError} when the adapter computes wrong results.
 */
export async function checkAdapter(
  device: Device,
  folder: string,
  { test = (device) => selfTest(device), onTest = () => {} }: {
    test?: (device: Device) => Promise<SelfTestResult[]>;
    onTest?: () => void;
  } = {},
): Promise<void> {
  const { adapter, storage, target } = device;
  if (adapter.software) return;
  const subject = { adapter, storage, kernels: target.adapterClass, runtime: navigator.userAgent };
  const key = createHash("sha256").update(JSON.stringify(subject)).digest("hex").slice(0, 16);
  const path = join(folder, `self-test-${key}.json`);
  if (await isThere(path)) return;
  onTest();
  const results = await test(device);
  const failed = failedTests(results);
  if (failed.length > 0) {
    throw new RunError(
      `${adapter.name} computes wrong results, and what is computed on it would be wrong: ${
        failed.map(inWords).join("; ")
      }. Update its driver, or report it`,
      { remedies: [{ kind: "self-test" }] },
    );
  }
  try {
    await Deno.mkdir(folder, { recursive: true });
    await writeWhole(path, JSON.stringify({ ...subject, results }, null, 2) + "\n");
  } catch (error) {
    console.error(
      `note: ${path} cannot be written (${messageOf(error)}): the adapter is tested again next time`,
    );
  }
}

/** What failed: "matrix product 4092×24×66 is off by 0.31, at most 0.0001 is right". */
function inWords({ name, error, tolerance, repeatable }: SelfTestResult): string {
  return error <= tolerance && !repeatable
    ? `${name} differs from run to run`
    : `${name} is off by ${error.toPrecision(2)}, at most ${tolerance} is right`;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
