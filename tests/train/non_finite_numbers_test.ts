/** What a run says of the operation whose results are not finite any more. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { NumericsError } from "../../train/errors.ts";
import type { TrainingOptions } from "../../train/options.ts";
import { openTinyRun } from "./tiny_run.ts";

/** What a run says that makes two good steps, has `broken` done to it, and goes on with a look at every step. */
async function said(
  device: Device,
  options: Partial<TrainingOptions>,
  broken: { parameter: string; buffer?: string; element: number; value: number } | undefined,
): Promise<string> {
  const run = await openTinyRun(device, { batchesPerEpoch: 50, ...options });
  try {
    const { parameters } = run.model;
    if (broken) {
      await run.trainEpoch(() => {}, () => run.step >= 2);
      const { buffer = "weights", element, value } = broken;
      const parameter = parameters.get(broken.parameter)!;
      const values = (await parameters.read("first_moment", "second_moment")).get(buffer)!.get(parameter)!;
      values[element] = value;
      if (buffer === "weights") parameters.write(parameter, values);
      else parameters.writeTrainable(buffer, parameter, values);
    }
    let message = "";
    await assert.rejects(run.trainEpoch(() => {}, () => false, true), (error: Error) => {
      assert.ok(error instanceof NumericsError);
      message = error.message;
      return true;
    });
    return message;
  } finally {
    run.destroy();
  }
}

Deno.test("a run whose numbers are no longer finite tells", async (t) => {
  const device = await Device.open();
  await t.step(
    "the operation that first reads a broken weight, with layer, pass, shapes, counts and ranges",
    async () => {
      const parameter = "block5.depthwise.weight"; // [3, 3, 48]
      const message = await said(device, {}, { parameter, element: 48 + 5, value: NaN });
      assert.match(
        message,
        /^The loss of step 3 was NaN\. .*is depthwise_conv \(forward, at block5\.depthwise\.weight; \d+ of \d+\)\. It wrote y \[4,\d,\d,48\] from -?\d\S* to \S+, \d+ of \d+ not finite, the first NaN at \[0,\d,\d,5\]\. It read x \[4,\d,\d,48\] from \S+ to \S+; .*w \(block5\.depthwise\.weight\) \[3,3,48\] from -0\.\d+ to 0\.\d+, 1 of 432 not finite, the first NaN at \[0,1,5\]\.$/,
      );
    },
  );

  await t.step("a running variance that no activation depends on, where it is updated", async () => {
    const message = await said(device, {}, {
      parameter: "block1.project.running_variance",
      element: 1,
      value: Infinity,
    });
    assert.match(message, /^With step 3 weights, moments or running statistics were no longer finite/);
    assert.match(message, /is batch_norm\w+ \(forward, at block1\.project\.gamma; /);
    assert.match(
      message,
      /wrote .*running_variance \(block1\.project\.running_variance\) \[8\] .*1 of 8 not finite/,
    );
  });

  await t.step("a moment, with the parameter that it belongs to", async () => {
    const broken = { parameter: "stem.weight", buffer: "second_moment", element: 1, value: Infinity };
    const message = await said(device, {}, broken);
    const [, number, dispatches] = /is adam \(update; (\d+) of (\d+)\)\./.exec(message)!;
    assert.equal(Number(number), Number(dispatches) - 1); // The check of running statistics is the last.
    assert.match(
      message,
      /read .*second_moment \[\d+\] .*1 of \d+ not finite, the first Infinity at stem\.weight \[0,0,0,1\]/,
    );
  });

  await t.step(
    "a learning rate that is too high, by the layer whose numbers it makes too large",
    async () => {
      const message = await said(device, { learningRate: 1e30, warmUp: 0 }, undefined);
      assert.match(
        message,
        /step 2 .*\(forward, at stem\.gamma; .*gamma \(stem\.gamma\) \[8\] from -1e\+30 to 1e\+30;/,
      );
    },
  );

  await t.step("a number that f16 cannot hold, where it is stored", async () => {
    const message = await said(device, { precision: "f16" }, {
      parameter: "block1.project.weight",
      element: 1,
      value: 1e9,
    });
    assert.match(message, /\(forward, at block1\.project\.weight; .*wrote y .*not finite/);
  });

  await t.step("how to have a look at every step, where there was none", async () => {
    const run = await openTinyRun(device, { learningRate: 1e30, warmUp: 0 });
    try {
      await assert.rejects(
        run.trainEpoch(() => {}, () => false),
        (error: NumericsError) => {
          assert.match(error.message, /Resuming with debugNumerics names the operation/);
          assert.deepEqual(error.remedies.at(-1), { kind: "debug-numerics" });
          return true;
        },
      );
    } finally {
      run.destroy();
    }
  });
  device.destroy();
});
