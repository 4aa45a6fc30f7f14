import type { FileChanges } from "../mutant.ts";

const engine = (...tests: string[]) => ({
  area: "engine",
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Differentiation, plans, running statistics and random numbers. */
export const ENGINE_CHANGES: readonly FileChanges[] = [
  {
    ...engine("engine/autograd"),
    file: "engine/autograd.ts",
    changes: { "the-last-use-wins": ["known ? add(known, contribution) : contribution", "contribution"] },
  },
  {
    ...engine("engine/autograd"),
    file: "engine/ops/unbroadcast.ts",
    changes: {
      "broadcast-gradient-not-summed": [
        "axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1)",
        "axis < lead",
      ],
    },
  },
  {
    ...engine("engine/batch_sizes"),
    file: "engine/batch_sizes.ts",
    changes: {
      "used-sizes-grow-old": ["    this.#kept.delete(rows);\n", ""],
      "old-sizes-stay": ["oldest.retire();", ""],
      "a-size-outlives-its-program": ["      found.destroy();\n", ""],
    },
  },
  {
    ...engine("engine/batch_sizes"),
    file: "engine/program.ts",
    changes: {
      "sizes-come-back-out-of-order": ["batches.back.then(() => outputs)", "outputs"],
      "sizes-overtake-each-other": ["batches.submitted.then(() =>", "Promise.resolve().then(() =>"],
    },
  },
  {
    ...engine("engine/faults"),
    file: "engine/replay.ts",
    changes: { "runs-with-destroyed-sets": ["    for (const set of sets) set.check(device);\n", ""] },
  },
  {
    ...engine("engine/faults"),
    file: "engine/tensor.ts",
    changes: {
      "gradients-of-gradients": ["if (inputs.some((input) => derived.has(input))) derived.add(output);", ""],
      "larger-bound-of-labels": ["classes < value.limit.below", "classes > value.limit.below"],
    },
  },
  {
    ...engine("engine/autograd"),
    file: "engine/plan/schedule.ts",
    changes: {
      "stale-gradients-stay": ["if (!parameter.trainable || written.has(parameter)) continue;", "continue;"],
    },
  },
  {
    ...engine("engine/memory"),
    file: "engine/plan/spans.ts",
    changes: {
      "outputs-die-early": ["if (span) span.last = steps.length;", "if (span) span.last = span.first;"],
    },
  },
  {
    ...engine("engine/plan", "engine/order"),
    file: "engine/plan/order.ts",
    changes: {
      "writes-overtake-reads": [
        "later.reads.has(value) || later.writes.has(value)) ||",
        "later.writes.has(value)) ||",
      ],
    },
  },
  {
    ...engine("engine/random"),
    file: "engine/random.ts",
    changes: {
      "shuffle-never-leaves-in-place": ["this.integer(i + 1)", "this.integer(i)"],
      "forks-ignore-labels": ["for (const label of labels) hash = absorb(hash, label);", ""],
      "uniform-reaches-1": ["this.uint32() / 0x1_0000_0000", "this.uint32() / 0xffff_ffff"],
      "integer-biased": ["while (bits >= limit)", "while (bits > 0x1_0000_0000)"],
      "normal-of-a-logarithm-of-0": ["Math.log(1 - this.next())", "Math.log(this.next())"],
    },
  },
  {
    ...engine("model/mobilenet_gradients"),
    filter: "A training step leaves a tenth",
    file: "kernels/batch_norm/batch_norm_prologue.wgsl",
    changes: {
      "momentum-of-the-batch": [
        "mix(mean, running_mean_load(c4), momentum)",
        "mix(running_mean_load(c4), mean, momentum)",
      ],
      "running-variance-unbiased": [
        "within(mix(variance, running",
        "within(mix(m2 / max(count - 1.0, 1.0), running",
      ],
    },
  },
];
