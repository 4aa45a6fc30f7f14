import type { FileChanges } from "../mutant.ts";

const training = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** The loop, its settings and its steps. */
export const TRAINING_CHANGES: readonly FileChanges[] = [
  {
    ...training("training", "train/transfer"),
    filter: "/a run stopped while|as the backbone joins/",
    file: "train/trainer.ts",
    changes: {
      "resumes-at-the-epochs-start": [".drop(this.step % perEpoch)", ".drop(0)"],
      "optimizer-counts-frozen-steps": ["optimizer.step = step - before;", "optimizer.step = step;"],
      "moments-stay-as-the-backbone-joins": ["    restartOptimizer(this.model, this.optimizer);\n", ""],
      "thaws-an-epoch-late": ["if (this.step >= this.frozenSteps)", "if (this.step > this.frozenSteps)"],
    },
  },
  {
    ...training("training", "train/trainer"),
    filter: "/^trainEpoch|averaged weights/",
    file: "train/trainer.ts",
    changes: {
      "non-finite-loss-goes-on": [
        "if (!Number.isFinite(metrics.total)) {",
        "if (metrics.total === undefined) {",
      ],
      "non-finite-weights-go-on": [
        "if (out.nonFinite[0] !== 0) {",
        "if (out.nonFinite[0] !== 0 && step < 0) {",
      ],
      "not-stopped": ["stop() || failure !== undefined", "failure !== undefined"],
      "latest-not-awaited": [
        "    await latest;\n    if (failure instanceof NumericsError && !debug",
        "    if (failure instanceof NumericsError && !debug",
      ],
      "average-not-used": ["await this.average?.apply();", ""],
    },
  },
  {
    ...training("training", "train/transfer"),
    filter: "/while it is frozen|as the backbone joins/",
    file: "train/step.ts",
    changes: {
      "backbone-at-the-heads-rate": [
        "    if (taken.has(parameter)) return frozen ? 0 : options.backboneLearningRate;\n",
        "",
      ],
      "frozen-backbone-decays": ["return frozen ? 0 :", "return frozen ? 1 :"],
      "identity-head-at-the-full-rate": [
        "model.identityHead.includes(parameter) ? options.idLearningRate : 1",
        "1",
      ],
    },
  },
  {
    ...training("training", "train/shards"),
    filter: "/Four micro-batches|two shards of the same|goes on with other ranks/",
    file: "train/shards/sharded_step.ts",
    changes: {
      "shards-move-statistics-in-turn": ['set.writeRange("state", before); // Each', "// Each"],
      "a-ranks-gradients-of-its-first-shard": ["(ranks.rank * local + i) * length", "i * length"],
      "other-shards-left-out": ["for (const other of others) tree.add(other.subarray(from, end));", ""],
      "parts-of-the-gradients-lost": [
        "all.set(await this.#ranks.allSum(tree.total()), from);",
        "await this.#ranks.allSum(tree.total());",
      ],
      "identity-loss-summed": ["all[this.#length - 1]! / this.shards.count", "all[this.#length - 1]!"],
    },
  },
  {
    ...training("training", "train/shards_gradients"),
    filter: "/(2|4) shards .* hard/",
    file: "train/shards/sharded_step.ts",
    changes: {
      "images-of-the-first-shard-again": ["const first = i * this.shards.images;", "const first = 0;"],
      "labels-of-the-first-rank": ["this.images.first + first)", "first + 1)"],
    },
  },
  {
    ...training("training", "train/best_epoch"),
    file: "train/best_epoch.ts",
    changes: {
      "ties-replace": ["last < sum", "last <= sum"],
      "within-an-epoch": ["|| losses.length % perEpoch !== 0", ""],
    },
  },
  {
    ...training("training", "train/watch"),
    file: "train/watch.ts",
    changes: {
      "says-it-again": ["PATIENCE || this.#saidCollapse) return", "PATIENCE) return"],
      "a-step-early": ["this.#flat < PATIENCE ||", "this.#flat < PATIENCE - 1 ||"],
      "not-in-a-row": ["? this.#flat + 1 : 0;", "? this.#flat + 1 : this.#flat;"],
      "single-steps-end-a-plateau": ["this.#above = this.#meanLoss >=", "this.#above = triplet >="],
    },
  },
  {
    ...training("training", "train/options"),
    file: "train/options.ts",
    changes: {
      "auto-is-f16-on-software": ['adapterClass === "gpu" ? "f16" : "f32"', '"f16"'],
      "given-precision-ignored": ['precision !== "auto"', 'precision === "f32"'],
    },
  },
  {
    ...training("training", "train/options"),
    file: "model/settings.ts",
    changes: {
      "below-includes-its-bound": ["value < below", "value <= below"],
      "above-includes-its-bound": ["value > above", "value >= above"],
      "integers-may-be-fractions": [
        "Number.isSafeInteger(value) : Number.isFinite(value)",
        "Number.isFinite(value) : Number.isFinite(value)",
      ],
      "earlier-names-forgotten": ["[key, row.formerly ?? key]", "[key]"],
    },
  },
  {
    ...training("training", "model/neck"),
    file: "model/reid_model.ts",
    changes: {
      "before-and-after-swapped": [
        'this.spec.testFeature === "before" ? before : after',
        'this.spec.testFeature === "before" ? after : before',
      ],
      "triplets-after-bnneck": [
        'this.spec.neck === "bnneck" ? before : this',
        'this.spec.neck === "bnneck" ? after : this',
      ],
      "logits-before-the-neck": [
        "logits({ after }: NeckFeatures)",
        "logits({ before: after }: NeckFeatures)",
      ],
      "neck-as-slow-as-keras": ["Math.min(spec.momentum, MOST_NECK_MOMENTUM)", "spec.momentum"],
    },
  },
  {
    ...training("training", "model/mobilenet"),
    filter: "/A whole network|Folded weights/",
    file: "model/folded_weights.ts",
    changes: {
      "epsilon-outside-the-root": [
        "g / Math.sqrt(itemAt(variance, c) + epsilon)",
        "g / (Math.sqrt(itemAt(variance, c)) + epsilon)",
      ],
      "bias-without-scale": ["- itemAt(mean, c) * s)", "- itemAt(mean, c))"],
    },
  },
  {
    ...training("training", "model/mobilenet"),
    filter: "/Glorot|only weights decay/",
    file: "model/layers/initial_values.ts",
    changes: { "fans-of-the-output-alone": ["Math.sqrt(6 / (fanIn + fanOut))", "Math.sqrt(6 / fanIn)"] },
  },
  {
    ...training("training", "model/mobilenet"),
    filter: "/only weights decay/",
    file: "model/layers/batch_norm.ts",
    changes: {
      "norms-decay": [
        "set.add(`${name}.gamma`, [channels], scale, { decay: false })",
        "set.add(`${name}.gamma`, [channels], scale)",
      ],
    },
  },
  {
    ...training("training", "model/library_layers"),
    file: "model/parameter_file.ts",
    changes: {
      "missing-tensors-pass": ["strict ? missing.map(quoted) : []", "[]"],
      "shapes-are-not-compared": [
        "parameter.shape.join() !== tensor.shape.join()",
        "parameter.count !== tensor.data.length",
      ],
    },
  },
  {
    ...training("training", "model/library_layers"),
    file: "model/layers/conv2d.ts",
    changes: {
      "fan-of-all-groups": [
        "const fanIn = size * size * from / groups;",
        "const fanIn = size * size * from;",
      ],
    },
  },
  {
    ...training("training", "model/pretrained/pretrained"),
    file: "model/pretrained/weight_axes.ts",
    changes: {
      "taps-innermost-in-both": [
        "(tap * inputs + input) * to + out",
        "(tap * inputs + input) + out * inputs * taps",
      ],
      "in-and-out-swapped": ["(out * inputs + input) * taps + tap", "(input * to + out) * taps + tap"],
    },
  },
  {
    ...training("training", "train/trained_people", "data/joined_datasets"),
    file: "train/trained_people.ts",
    changes: {
      "order-of-labels-ignored": [
        "if (people.persons.join() === now.persons.join()) {",
        "if (people.persons.toSorted().join() === now.persons.toSorted().join()) {",
      ],
      "other-people-accepted": ["if (!hasParametersOfPeople) return [others];", "return [others];"],
      "other-images-not-told": ["people.images === now.images ? []", 'people.images !== "" ? []'],
      "those-before-forgotten": [
        "new Set([...persons, ...earlier])",
        "new Set(persons)",
      ],
      "distractors-are-people": [
        ".filter(({ identity }) => identity > 0)",
        ".filter(({ identity }) => identity >= 0)",
      ],
      "equal-numbers-are-one-person": ['isNamed ? "" : origins.get(own.part);', '"";'],
      "joined-people-are-others": [
        "identityName(own.part, own.identity)]",
        "identityName(dataset, identity)]",
      ],
      "undecodable-images-count": [
        "dataset.train.filter((_, i) => usable[i])",
        "dataset.train.filter(() => usable)",
      ],
      "paths-with-the-folder": ["relative(root, path)", "path"],
    },
  },
  {
    ...training("training", "train/running_statistics"),
    file: "train/running_statistics.ts",
    changes: {
      "fresh-after-one-step": ["momentum ** steps > LARGEST_SHARE", "momentum > LARGEST_SHARE * steps * 100"],
      "share-of-the-batch": ["momentum ** steps", "(1 - momentum) ** steps"],
      "variance-between-batches-forgotten": ["value + Math.max(0, between(c))", "value"],
      "mean-of-squares-as-variance": [
        "squares.get(mean)![c]! - means.get(mean)![c]! ** 2",
        "squares.get(mean)![c]!",
      ],
      "exponential-averages": ["{ ...spec, momentum: 0 }", "{ ...spec, momentum: 0.9 }"],
      "sum-for-mean": ["sum[c]! += value / PRECISE_BATCHES", "sum[c]! += value"],
    },
  },
];
