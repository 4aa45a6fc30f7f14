import assert from "node:assert/strict";
import type { SafetensorsTensor } from "../../model/safetensors.ts";
import { Device } from "../../engine/mod.ts";
import { restoreCheckpoint } from "../../train/checkpoint.ts";
import { NumericsError, RunError } from "../../train/errors.ts";
import type { StepMetrics } from "../../train/metrics.ts";
import { openTinyRun, TINY_OPTIONS } from "./tiny_run.ts";

Deno.test("trainEpoch() reports every step in order, and stops when told", async () => {
  const device = await Device.open();
  const run = await openTinyRun(device, { batchesPerEpoch: 5 });
  try {
    const steps: StepMetrics[] = [];
    await run.trainEpoch((metrics) => steps.push(metrics), () => false);
    assert.deepEqual(steps.map(({ step }) => step), [0, 1, 2, 3, 4]);
    for (const { total, active, positiveDistance, negativeDistance, triplets } of steps) {
      assert.ok(total >= 0 && total < 2 + TINY_OPTIONS.margin);
      assert.ok(active >= 0 && active <= 1);
      assert.ok(positiveDistance > 0 && negativeDistance > 0);
      assert.equal(triplets, 4);
    }
    assert.equal(run.history.length, 5 * 6);
    await run.trainEpoch((metrics) => steps.push(metrics), () => run.step >= 7);
    assert.equal(run.step, 7);
    assert.equal(steps.length, 7);
  } finally {
    run.destroy();
    device.destroy();
  }
});

Deno.test("trainEpoch() stops at a loss that is not finite and says at which step", async () => {
  const device = await Device.open();
  const run = await openTinyRun(device, { batchesPerEpoch: 50 });
  try {
    await run.trainEpoch(() => {}, () => run.step >= 2);
    const weight = run.model.parameters.get("last.weight")!;
    run.model.parameters.write(weight, new Float32Array(weight.shape[0] * weight.shape[1]).fill(NaN));
    await assert.rejects(run.trainEpoch(() => {}, () => false), (error: Error) => {
      assert.ok(error instanceof NumericsError);
      assert.match(error.message, /^The loss of step 3 was NaN\..*lower learning rate/);
      assert.deepEqual(error.remedies[0], { kind: "change", settings: ["learningRate", "warmUp"] });
      return true;
    });
    assert.ok(run.step < 20, `${run.step} steps were made`);
  } finally {
    run.destroy();
    device.destroy();
  }
});

Deno.test("trainEpoch() stops at the step with which one number of its state is no longer finite", async () => {
  const device = await Device.open();
  try {
    for (
      const [buffer, name] of [["state", "block1.project.running_variance"], ["second_moment", "stem.weight"]]
    ) {
      const run = await openTinyRun(device, { batchesPerEpoch: 50 });
      try {
        await run.trainEpoch(() => {}, () => run.step >= 2);
        const { parameters } = run.model;
        const parameter = parameters.get(name)!;
        const saved = (await parameters.read("second_moment")).get(buffer === "state" ? "weights" : buffer)!;
        const values = saved.get(parameter)!;
        values[1] = Infinity;
        if (buffer === "state") parameters.write(parameter, values);
        else parameters.writeTrainable(buffer, parameter, values);
        await assert.rejects(run.trainEpoch(() => {}, () => false), (error: Error) => {
          assert.ok(error instanceof NumericsError);
          assert.match(
            error.message,
            /^With step 3 weights, moments or running statistics were no longer finite/,
          );
          return true;
        });
      } finally {
        run.destroy();
      }
    }
  } finally {
    device.destroy();
  }
});

Deno.test("trainEpoch() counts the time in which the GPU had no images, and passes on what their store throws", async () => {
  const device = await Device.open();
  const run = await openTinyRun(device, { batchesPerEpoch: 4 });
  try {
    const batch = run.store.batch;
    let asked = 0, arrived = Promise.withResolvers<void>();
    run.store.batch = async (indices, out) => {
      if (asked++ > 0) await arrived.promise; // Not before the run of the batch before has come back.
      arrived = Promise.withResolvers();
      await batch(indices, out);
    };
    assert.equal(run.inputWait.share, undefined);
    await run.trainEpoch(() => arrived.resolve(), () => false);
    const { least, most } = run.inputWait.share!;
    assert.ok(0 < least && least <= most && most <= 1, `${least} to ${most}`);

    run.store.batch = () => {
      throw new Error("the disk is gone");
    };
    await assert.rejects(run.trainEpoch(() => {}, () => false), /the disk is gone/);
    assert.equal(run.step, 4);
  } finally {
    run.destroy();
    device.destroy();
  }
});

Deno.test("checkpoint() refuses weights that are not finite, and names one of them", async () => {
  const device = await Device.open();
  const run = await openTinyRun(device);
  try {
    await run.checkpoint();
    const gamma = run.model.parameters.get("block1.project.gamma")!;
    const one = new Float32Array(gamma.shape[0]).fill(1); // One number of a tensor is enough.
    run.model.parameters.write(gamma, one.with(-1, Infinity));
    await assert.rejects(run.checkpoint(), (error: Error) => {
      assert.ok(error instanceof NumericsError);
      assert.match(error.message, /block1\.project\.gamma/);
      return true;
    });
  } finally {
    run.destroy();
    device.destroy();
  }
});

Deno.test("a checkpoint of another network is refused by what differs", async () => {
  const device = await Device.open();
  const [run, wider] = [await openTinyRun(device), { width: 0.35, idLoss: 1 }];
  try {
    const resume = { checkpoint: await run.checkpoint(), path: "step-0.safetensors" };
    await assert.rejects(openTinyRun(device, wider, resume), (error: Error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, /width 0\.02 where this run has 0\.35, identities 0 where this run has 4/);
      return true;
    });
    // As many numbers in another shape, in the last tensor: nothing is written before it is refused.
    const { checkpoint } = resume, { parameters } = run.model;
    const last = parameters.parameters.at(-1)!;
    const { dtype, shape, data } = checkpoint.tensors.get(last.name)!;
    const tensors = new Map<string, SafetensorsTensor>(
      [...checkpoint.tensors].map(([name, tensor]) => [
        name,
        { ...tensor, data: new Float32Array(tensor.data.length).fill(9) },
      ]),
    );
    tensors.set(last.name, { dtype, shape: [...shape, 1], data });
    assert.throws(
      () => restoreCheckpoint({ ...checkpoint, tensors }, parameters, [], "x"),
      /should be F32 .* is F32/,
    );
    const stem = (await parameters.read()).get("weights")!.get(parameters.get("stem.weight")!);
    assert.deepEqual(stem, checkpoint.tensors.get("stem.weight")!.data);
  } finally {
    run.destroy();
    device.destroy();
  }
});

Deno.test("a run's averaged weights are scored after its end, and restored from its checkpoint", async () => {
  const device = await Device.open();
  const [run, plain] = [await openTinyRun(device, { ema: 0.5 }), await openTinyRun(device)];
  try {
    for (const each of [run, plain]) await each.trainEpoch(() => {}, () => each.step >= 2);
    const [checkpoint, without] = [await run.checkpoint(), await plain.checkpoint()];
    const valueOf = (name: string) => checkpoint.tensors.get(name)!.data;
    for (const name of ["stem.weight", "stem.running_mean"]) {
      assert.deepEqual(valueOf(name), without.tensors.get(name)!.data); // Averaging changes nothing of the training.
      assert.notDeepEqual(valueOf(`ema/${name}`), valueOf(name));
    }

    const { parameters } = plain.model;
    restoreCheckpoint(checkpoint, parameters, [], "step-2.safetensors", true);
    await run.useAverage();
    const scored = (await run.model.parameters.read()).get("weights")!;
    const restored = (await parameters.read()).get("weights")!;
    assert.equal(restored.size, parameters.parameters.length);
    for (const [{ name }, data] of restored) {
      assert.deepEqual(data, valueOf(`ema/${name}`));
      assert.deepEqual(scored.get(run.model.parameters.get(name)!), data, name);
    }
    assert.throws(() => restoreCheckpoint(without, parameters, [], "step-2.safetensors", true), RunError);
  } finally {
    for (const owner of [run, plain, device]) owner.destroy();
  }
});

Deno.test("clipNorm reports the norm of every step's gradients, and limits what they do", async () => {
  const device = await Device.open();
  const steps = async (clipNorm: number) => {
    const run = await openTinyRun(device, { clipNorm });
    const metrics: StepMetrics[] = [];
    await run.trainEpoch((step) => metrics.push(step), () => false);
    const { history } = run;
    run.destroy();
    return { metrics, columns: history.length / metrics.length, last: history.at(-1) };
  };
  const [free, limited, without] = [await steps(1e6), await steps(1e-8), await steps(0)];
  assert.deepEqual([free.columns, without.columns], [7, 6]);
  assert.deepEqual(free.metrics.map(({ total }) => total), without.metrics.map(({ total }) => total));
  assert.equal(free.last, free.metrics.at(-1)!.gradientNorm);
  assert.ok(free.metrics.every(({ gradientNorm }) => gradientNorm > 0));
  assert.equal(limited.metrics[0]!.gradientNorm, free.metrics[0]!.gradientNorm);
  assert.notEqual(limited.metrics[2]!.total, free.metrics[2]!.total);
  device.destroy();
});
