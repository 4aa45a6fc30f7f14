import type { FileChanges } from "../mutant.ts";

const OPTIMIZERS = { area: "optimizers", tests: ["tests/engine/optimizers_test.ts"] } as const;
const ADAM_MOVE = "w - s.x * multiplier.x * fma(w, vec4f(t.x * multiplier.y), direction)";

/** Optimizers, clipping, loss scaling, weight averages and schedules. */
export const OPTIMIZER_CHANGES: readonly FileChanges[] = [
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/adam.wgsl",
    changes: {
      "epsilon-inside-the-root": ["(sqrt(v * t.z) + s.w)", "sqrt(v * t.z + s.w)"],
      "epsilon-before-bias-correction": ["(sqrt(v * t.z) + s.w)", "((sqrt(v) + s.w) * sqrt(t.z))"],
      "first-bias-not-corrected": ["m * t.y / (sqrt", "m / (sqrt"],
      "second-bias-not-corrected": ["sqrt(v * t.z)", "sqrt(v)"],
      "decay-not-times-the-rate": [
        ADAM_MOVE,
        "w - s.x * multiplier.x * direction - t.x * multiplier.y * w",
      ],
      "decay-not-times-the-multiplier": [
        ADAM_MOVE,
        "w - s.x * fma(w, vec4f(t.x * multiplier.y), multiplier.x * direction)",
      ],
      "decay-coupled": ["let m = mix(g,", "let m = mix(g + t.x * w,"],
      "decay-of-everything": ["vec4f(t.x * multiplier.y)", "vec4f(t.x)"],
      "betas-swapped": ["first_moment_load(i), s.y)", "first_moment_load(i), s.z)"],
      "second-moment-of-the-mean": ["mix(g * g,", "mix(m * m,"],
      "no-multiplier": ["s.x * multiplier.x * fma", "s.x * fma"],
      "multipliers-of-the-wrong-block": ["multipliers_load(i / 16u)", "multipliers_load(i / 64u)"],
      "skipped-step-updates": ["i >= LENGTH4 || skipped()", "i >= LENGTH4"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/sgd.wgsl",
    changes: {
      "dampened-momentum": ["gradient(i)));", "(1.0 - s.y) * gradient(i)));"],
      "decay-forgotten": ["vec4f(s.z * multiplier.y)", "vec4f(0.0)"],
      "decay-of-everything": ["vec4f(s.z * multiplier.y)", "vec4f(s.z)"],
      "no-multiplier": ["w - s.x * multiplier.x * v", "w - s.x * v"],
      "ascent": ["w - s.x * multiplier.x * v", "w + s.x * multiplier.x * v"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "engine/optim/optimizers.ts",
    changes: {
      "adam-counts-one-step-more": ["1 / (1 - beta2 ** step)", "1 / (1 - beta2 ** (step + 1))"],
      "later-beta1-a-step-late": ["step - from + 1));", "step - from));"],
      "later-beta1-corrects-as-if-always": [
        "beta1 ** (step - changed) * momentum ** changed",
        "momentum ** step",
      ],
      "later-momentum-a-step-late": ["step >= later.from", "step > later.from"],
      "epsilon-of-another-library": ["epsilon = 1e-8, weightDecay", "epsilon = 1e-7, weightDecay"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "engine/optim/optimizer.ts",
    changes: {
      "multiplier-of-the-first-block-only": ["first + Math.ceil(parameter.bytes / blockBytes)", "first + 1"],
      "steps-from-0": ["this.numbers(++this.#step)", "this.numbers(this.#step++)"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "engine/optim/clip_norm.ts",
    changes: {
      "clipped-before-the-scale-is-undone": [
        "(gradients.multiplier ?? constant([1, 0, 0, 1], [4])).value",
        "constant([1, 0, 0, 1], [4]).value",
      ],
    },
  },
  {
    ...OPTIMIZERS,
    file: "engine/optim/clip_norm.ts",
    tests: ["tests/engine/training_manners_test.ts"],
    changes: {
      "norm-of-the-first-set": [
        "squares.reduce((a, b) => add(a, b)).value",
        "squares.slice(0, 1).reduce((a, b) => add(a, b)).value",
      ],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/accumulate.wgsl",
    tests: ["tests/engine/training_manners_test.ts"],
    changes: {
      "latest-gradients-only": ["accumulated_load(i) + gradient(i)", "gradient(i)"],
      "skipped-step-counts": ["i >= LENGTH4 || skipped()", "i >= LENGTH4"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/take_accumulated.wgsl",
    tests: ["tests/engine/training_manners_test.ts"],
    changes: { "never-begins-anew": ["accumulated_store(i, vec4f(0.0));", ""] },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/clip_norm.wgsl",
    changes: {
      "no-epsilon": ["max(min(1.0, LIMIT / (norm + 1e-6)), LEAST)", "max(min(1.0, LIMIT / norm), LEAST)"],
      "scales-up-too": ["max(min(1.0, LIMIT / (norm + 1e-6)), LEAST)", "max(LIMIT / (norm + 1e-6), LEAST)"],
      "norm-of-the-scaled-loss": ["sqrt(squares_at(0u)) * s, 0.0", "sqrt(squares_at(0u)), 0.0"],
      "no-root": ["select(sqrt(squares_at(0u)) * s", "select(squares_at(0u) * s"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/loss_scale.wgsl",
    changes: {
      "skipped-steps-not-counted": ["s.z + 1.0, 0.0)", "s.z, 0.0)"],
      "good-steps-not-reset": ["max(s.x * 0.5, LEAST), 0.0,", "max(s.x * 0.5, LEAST), s.y,"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/weight_average.wgsl",
    changes: {
      "decay-of-the-value": ["xxxx, average - x, x)", "xxxx, x - average, average)"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/loss_scale.wgsl",
    tests: ["tests/engine/precision_test.ts"],
    filter: "The scale doubles",
    changes: {
      "doubles-a-step-late": ["s.y + 1.0 >= GROWTH", "s.y >= GROWTH"],
      "halves-below-the-least": ["vec4f(max(s.x * 0.5, LEAST)", "vec4f(s.x * 0.5"],
      "multiplier-of-the-next-scale": ["s.z, 1.0 / s.x)", "s.z, 1.0 / scale)"],
    },
  },
  {
    ...OPTIMIZERS,
    file: "engine/optim/weight_average.ts",
    tests: ["tests/engine/weight_average_test.ts"],
    changes: {
      "first-weights-stay": ["step === 1 ? 0 : Math.min", "Math.min"],
      "applied-to-itself": [
        "parameters.write(parameter, values.get(average)!)",
        "parameters.write(average, values.get(average)!)",
      ],
    },
  },
  {
    ...OPTIMIZERS,
    file: "kernels/optimizer/non_finite_flag.wgsl",
    tests: ["tests/engine/finite_test.ts"],
    changes: { "all-four-must-be-infinite": ["any(e == NON_FINITE)", "all(e == NON_FINITE)"] },
  },
  {
    ...OPTIMIZERS,
    file: "train/schedule.ts",
    tests: ["tests/train/schedule_test.ts"],
    changes: {
      "warm-up-begins-at-0": ["learningRate * (step + 1) / start", "learningRate * step / start"],
      "marks-a-step-late": ["step >= mark", "step > mark"],
      "cosine-ends-at-0": ["decay + (1 - decay) * 0.5", "0.5"],
      "cosine-over-the-whole-run": ["(step - start) / Math.max(1, steps - start)", "step / steps"],
      "exponent-from-the-start": ["(step - from) / Math.max(1, steps - from)", "step / steps"],
      "marks-need-not-rise": ["share > (shares[i - 1] ?? 0)", "share > 0"],
    },
  },
];
