/**
 * Runs in Node, bundled, with `--expose-gc`: the engine on Dawn, WebGPU as Chromium has it. Arguments: the path of Dawn's
 * module, and `whole` for the whole gradient table and twenty steps with both classes of kernels.
 */
import process from "node:process";
import { Device, type DeviceOptions } from "../../engine/mod.ts";
import { checkNearest, PROBLEMS } from "../eval/nearest_problems.ts";
import { allCases } from "../gradients/cases/all_cases.ts";
import { engineRunner } from "../gradients/engine_runner.ts";
import { checkCase } from "../gradients/harness.ts";
import { checkGradients } from "../model/gradients_agree.ts";
import { drawScenario, LOSSES, RARELY_CLAMPED } from "../model/scenario.ts";
import { checkSteps } from "../model/steps_agree.ts";
import { CompiledShaders } from "./compiled_shaders.ts";
import { distinctCases } from "../gradients/distinct_cases.ts";
import { compileOthers, textsOf } from "./family_shaders.ts";
import { MARK, type Result } from "./results.ts";

/** Node has it with `--expose-gc`. */
declare const gc: () => void;

const [, , dawn, extent] = process.argv;
const whole = extent === "whole";
const tell = (result: Result) => process.stdout.write(`${MARK}${JSON.stringify(result)}\n`);

/** Runs a check; its failures are what it returns or throws. */
async function check(name: string, body: () => Promise<readonly string[] | void>): Promise<void> {
  try {
    tell({ kind: "check", name, failures: await body() ?? [] });
  } catch (error) {
    tell({ kind: "check", name, failures: [`${(error as Error).stack ?? error}`] });
  }
}

const { create, globals } = await import(dawn!);
Object.assign(globalThis, globals);
const gpu = create([]);
const shaders = new CompiledShaders();
const seen = new Set<string>();

// Narrow and small; rounding hardly matters along a few steps.
const small = drawScenario({ size: [32, 32], width: 0.1, epsilon: 1e-3 }, 9, 1, RARELY_CLAMPED);

async function open(options: DeviceOptions): Promise<Device> {
  const device = await Device.open({ ...options, gpu });
  shaders.watch(device);
  return device;
}

/** Rows of the gradient table, in which the device's kernels are new. */
async function checkTable(device: Device): Promise<void> {
  const run = engineRunner(device);
  const cases = whole ? allCases : distinctCases(device, allCases, seen);
  for (const op of new Set(cases.map(({ op }) => op))) {
    await check(`${op} and its gradient equal the f64 reference, ${device.target.adapterClass}`, async () => {
      const failures: string[] = [];
      for (const row of cases.filter((row) => row.op === op)) {
        const figures = await checkCase(row, run);
        failures.push(...figures.failures.map((failure) => `${row.name}: ${failure}`));
      }
      return failures;
    });
  }
}

for (const kernels of ["gpu", "software"] as const) {
  // Shapes in a uniform share pipelines; Dawn compiles the other texts below.
  const device = await open({ kernels, storage: "buffer", constants: "uniform" });
  await checkTable(device);
  // The kernels of losses are the same in both classes, and SwiftShader is slow at the network's for GPUs.
  for (const key of whole || kernels === "software" ? LOSSES : ["hard"] as const) {
    await check(
      `MobileNetV2 with the ${key} loss has the gradients of f64, ${kernels}`,
      () => checkGradients(device, small, key),
    );
  }
  if (whole) {
    const wide = drawScenario({ size: [64, 32], width: 0.35, epsilon: 1e-3 }, 9, 1, RARELY_CLAMPED);
    await check(
      `20 SGD steps of MobileNetV2 follow f64, ${kernels}`,
      () => checkSteps(device, wide, 20, 0.8),
    );
  } else if (kernels === "software") { // SwiftShader takes six times as long for those that wait at barriers.
    await check(`5 SGD steps of MobileNetV2 follow f64, ${kernels}`, () => checkSteps(device, small, 5, 1));
  }
  await check(`every other kernel compiles, ${kernels}`, async () => {
    const refusals = await compileOthers(device, shaders.sources);
    return [...refusals, ...await shaders.messages()];
  });
  device.destroy();
}

const device = await open({});
await check("the nearest columns are those of the sorted rows", async () => {
  for (const [i, problem] of PROBLEMS.entries()) await checkNearest(device, problem, i + 1);
});
device.destroy();

for (const kernels of ["gpu", "software"] as const) {
  for (const storage of ["buffer", "texture"] as const) {
    const device = await open({ kernels, storage });
    await check(`Tint takes every kernel in ${storage}s, ${kernels}`, async () => {
      const messages: string[] = [];
      for (const precision of ["f32", "f16"] as const) {
        for (const constants of ["uniform", "override"] as const) {
          for (const [code, label] of textsOf(device, precision, constants)) {
            if (!shaders.texts.has(code)) device.gpu.createShaderModule({ label, code });
          }
          messages.push(...await shaders.messages());
          gc(); // Of the modules, a MiB each.
        }
      }
      return messages;
    });
    device.destroy();
  }
}

tell({ kind: "compiled", sources: [...shaders.sources] });
// Dawn's threads need not be waited for, but what was told must be read.
process.stdout.write("", () => process.exit(0));
