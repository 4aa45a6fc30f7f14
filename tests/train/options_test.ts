import assert from "node:assert/strict";
import { PROFILES } from "../../bench/plan/profiles.ts";
import { StubGpu } from "../../bench/plan/stub_gpu.ts";
import { flagName, UsageError } from "../../cli/flags.ts";
import { parseTrainFlags } from "../../cli/train_flags.ts";
import { Device } from "../../engine/mod.ts";
import { parseModelSpec } from "../../model/model_spec.ts";
import { type Row, valuesInWords } from "../../model/settings.ts";
import { modelSpec } from "../../train/from_options.ts";
import {
  completeOptions,
  FLAG_SETTINGS,
  optionsFor,
  parseTrainingOptions,
  SETTINGS,
} from "../../train/options.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

/** Values that a row does not allow. */
function wrongValues(row: Row): unknown[] {
  switch (row.type) {
    case "string":
      return [3, null];
    case "strings":
      return ["a", [1]];
    case "boolean":
      return ["yes", 1];
    case "choice":
      return ["nonsense", "toString", 3];
    default: {
      const { min, above, max, below } = row;
      return [
        ...(min === undefined ? [] : [min - 1]),
        ...(above === undefined ? [] : [above]),
        ...(max === undefined ? [] : [max + 1]),
        ...(below === undefined ? [] : [below]),
        ...(row.type === "integer" ? [2.5] : []),
        "many",
        -1e999,
      ];
    }
  }
}

const rows = Object.entries<Row>(SETTINGS);

Deno.test("every number has a range, and every setting a default that is allowed", () => {
  for (const [key, row] of rows) {
    if (row.type === "number" || row.type === "integer") {
      assert.ok((row.min ?? row.above) !== undefined && (row.max ?? row.below) !== undefined, key);
    }
  }
  parseTrainingOptions(completeOptions({}));
});

Deno.test("a value that a setting does not allow is refused by name, with what is allowed, in a file", () => {
  assert.deepEqual(parseTrainingOptions(TINY_OPTIONS), TINY_OPTIONS);
  for (const [key, row] of rows) {
    const missing = row.absent === undefined ? [undefined] : [];
    for (const value of [...wrongValues(row), ...missing]) {
      assert.throws(() => parseTrainingOptions({ ...TINY_OPTIONS, [key]: value }), (error: Error) => {
        assert.ok(error.message.startsWith(`${key} must be ${valuesInWords(row)}; got `), error.message);
        return true;
      });
    }
  }
});

Deno.test("a value that a setting does not allow is refused by name, with what is allowed, as a flag", () => {
  for (const [key, row] of Object.entries<Row>(FLAG_SETTINGS)) {
    if (row.type === "string") continue; // Flags take any text.
    for (const value of wrongValues(row)) {
      assert.throws(() => parseTrainFlags([`--${flagName(key)}=${value}`]), (error: Error) => {
        assert.ok(error instanceof UsageError);
        const expected = row.type === "boolean"
          ? `--${flagName(key)} takes no value`
          : `--${flagName(key)} must be ${valuesInWords(row)}; got '${value}'`;
        assert.ok(error.message.startsWith(expected), error.message);
        return true;
      });
    }
  }
});

Deno.test("settings that do not fit together are refused in a file as on the command line", () => {
  const refused = (changes: object) => {
    try {
      parseTrainingOptions({ ...TINY_OPTIONS, ...changes });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    refused({ sampler: "triplets" }),
    "loss hard takes batches of sampler pk or shuffled; got 'triplets'",
  );
  assert.match(refused({ neck: "bnneck" }), /^neck bnneck requires an identity head.*idLoss 1$/);
  assert.match(
    refused({ loss: "batch-all", miningWarmUp: 0.2 }),
    /^miningWarmUp is for losses that select triplets/,
  );
  assert.match(refused({ decayAt: "0.5" }), /^schedule cosine takes no share of the run as decayAt/);
});

Deno.test("settings of earlier versions are read by their earlier names", () => {
  const { idLearningRate, backboneLearningRate, colorJitter, ...rest } = TINY_OPTIONS;
  const earlier = {
    ...rest,
    idRate: idLearningRate,
    backboneRate: backboneLearningRate,
    colourJitter: colorJitter,
  };
  assert.deepEqual(parseTrainingOptions(earlier), TINY_OPTIONS);

  const { clipNorm: _, ...without } = TINY_OPTIONS; // Added later: files without it mean 0.
  assert.deepEqual(parseTrainingOptions(without), TINY_OPTIONS);

  // Earlier versions had the momentum of the implementation that the first weights came from.
  for (
    const [convention, momentum] of [["own", 0.9], ["timm", 0.9], ["torchvision", 0.9], ["keras", 0.999]]
  ) {
    const { batchNormMomentum: _, ...options } = { ...TINY_OPTIONS, convention };
    assert.equal(parseTrainingOptions(options).batchNormMomentum, momentum, `${convention}`);
    const now = { ...TINY_OPTIONS, ...completeOptions({ initialWeights: "5d" }), convention };
    assert.equal(modelSpec(parseTrainingOptions(now), 4).momentum, 0.9, `${convention}`);
  }

  const spec = modelSpec(TINY_OPTIONS, 4);
  const { color, ...others } = spec;
  assert.deepEqual(parseModelSpec({ ...others, colour: color }), spec);
});

Deno.test("a recipe replaces defaults, and a given setting replaces the recipe's", () => {
  assert.equal(completeOptions({ recipe: "strong" }).epochs, 12);
  assert.equal(completeOptions({ recipe: "strong", epochs: 2 }).epochs, 2);
  assert.equal(completeOptions({ loss: "semi-hard" }).sampler, "shuffled");
  assert.equal(completeOptions({ schedule: "step" }).decay, 0.1);
});

Deno.test("precision auto, the default, is f16 on a GPU and f32 on a software adapter; given, it is what it is", async () => {
  for (const [name, chosen] of [["laptop", "f16"], ["default", "f16"], ["software", "f32"]] as const) {
    using device = await Device.open({ gpu: new StubGpu(PROFILES[name]) });
    const precisionOf = (...flags: string[]) =>
      optionsFor(device.target, parseTrainFlags(flags).options).precision;
    assert.equal(precisionOf(), chosen, name);
    for (const precision of ["f32", "f16"]) assert.equal(precisionOf(`--precision=${precision}`), precision);
  }
});

Deno.test("runs with weights from a file have other defaults, and given settings win", () => {
  const cases: [
    flags: string[],
    pretrainedBlocks: number,
    backboneLearningRate: number,
    learningRate: number,
  ][] = [
    [[], 7, 1, 0.01],
    [["--weights=x"], 7, 0.1, 0.01],
    [["--weights=x", "--recipe=strong"], 7, 0.1, 0.01],
    [["--weights=x", "--loss=basic"], 7, 0.1, 0.006],
    [["--weights=x", "--freeze-epochs=2"], 18, 0.1, 0.01],
    [["--weights=x", "--freeze-epochs=2", "--pretrained-blocks=3"], 3, 0.1, 0.01],
    [["--weights=x", "--backbone-lr=1", "--lr=0.5", "--pretrained-blocks=18"], 18, 1, 0.5],
  ];
  for (const [flags, ...expected] of cases) {
    const { pretrainedBlocks, backboneLearningRate, learningRate } = parseTrainFlags(flags).options;
    assert.deepEqual([pretrainedBlocks, backboneLearningRate, learningRate], expected, flags.join(" "));
  }
  const { pretrainedBlocks: _, ...earlier } = TINY_OPTIONS; // Earlier versions took everything.
  assert.equal(parseTrainingOptions(earlier).pretrainedBlocks, 18);
});
