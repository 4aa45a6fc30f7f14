import assert from "node:assert/strict";
import { keysOf } from "../../model/settings.ts";
import {
  laterBeta1,
  learningRateAt,
  type LearningRateOptions,
  parseShares,
  scheduleFault,
  type ScheduleName,
  scheduleTable,
} from "../../train/schedule.ts";

/** Settings of a schedule with its own defaults. */
function settings(schedule: ScheduleName, more: Partial<LearningRateOptions> = {}): LearningRateOptions {
  return { schedule, learningRate: 0.01, warmUp: 0.1, ...scheduleTable[schedule].defaults, ...more };
}

function curve(steps: number, options: LearningRateOptions): number[] {
  return Array.from({ length: steps }, (_, step) => learningRateAt(step, steps, options));
}

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-12 * Math.abs(b);

Deno.test("every schedule rises in a line to the highest rate, goes on from there, and never rises again", () => {
  const schedules = keysOf(scheduleTable);
  assert.ok(schedules.length >= 4, `${schedules}`);
  for (const schedule of schedules) {
    assert.equal(scheduleFault(settings(schedule)), undefined);
    for (const [steps, warmUp] of [[1, 1], [7, 0.1], [1000, 0.1], [1000, 0], [333, 0.25]]) {
      const rates = curve(steps, settings(schedule, { warmUp }));
      const rising = Math.round(steps * warmUp);
      for (let step = 0; step < rising; step++) assert.ok(close(rates[step], 0.01 * (step + 1) / rising));
      // The last step of the warm-up and the first one after it have the same rate.
      if (rising < steps) assert.equal(rates[rising], 0.01, `${schedule}, ${steps} steps, ${warmUp}`);
      const after = rates.slice(rising);
      assert.ok(after.every((rate, i) => rate > 0 && rate <= (after[i - 1] ?? rate)), schedule);
    }
  }
});

Deno.test("cosine has the bits of its formula, and ends at a hundredth", () => {
  const rates = curve(1000, settings("cosine"));
  for (let step = 100; step < 1000; step++) {
    const progress = (step - 100) / 900;
    assert.equal(rates[step], 0.01 * (0.01 + (1 - 0.01) * 0.5 * (1 + Math.cos(Math.PI * progress))));
  }
  assert.ok(rates[999] > 1e-4 && rates[999] < 1.01e-4);
  assert.ok(close(rates[550], 0.01 * 0.505));
});

Deno.test("step takes a tenth after 40 and 70 of 120 epochs, or what is asked for", () => {
  const rates = curve(12_000, settings("step"));
  for (const [step, rate] of [[3999, 0.01], [4000, 1e-3], [6999, 1e-3], [7000, 1e-4], [11_999, 1e-4]]) {
    assert.ok(close(rates[step], rate), `${step}: ${rates[step]}`);
  }
  const asked = curve(100, settings("step", { decay: 0.5, decayAt: "0.2,0.5,0.9" }));
  assert.deepEqual([19, 20, 50, 90].map((step) => asked[step] / 0.01), [1, 0.5, 0.25, 0.125]);
});

Deno.test("exponential is that of Hermans et al.: constant for 15,000 of 25,000 steps, then to a thousandth", () => {
  const options = settings("exponential", { warmUp: 0, learningRate: 3e-4 });
  const rates = curve(25_000, options);
  for (const t of [0, 14_999, 15_000, 15_001, 20_000, 24_999]) {
    const expected = t <= 15_000 ? 3e-4 : 3e-4 * 0.001 ** ((t - 15_000) / (25_000 - 15_000));
    assert.ok(close(rates[t], expected), `${t}: ${rates[t]}, ${expected}`);
  }
  assert.deepEqual(laterBeta1(25_000, options), { beta1: 0.5, from: 15_000 });
  assert.equal(laterBeta1(25_000, settings("cosine")), undefined);
});

Deno.test("constant stays at the highest rate", () => {
  assert.ok(curve(50, settings("constant")).slice(5).every((rate) => rate === 0.01));
});

Deno.test("marks are shares of the run in rising order, and as many as the schedule takes", () => {
  assert.deepEqual(parseShares(""), []);
  assert.deepEqual(parseShares("0.25, 0.5"), [0.25, 0.5]);
  for (const text of ["0", "1", "0.5,0.5", "0.5,0.2", "x", "0.5,", "-0.1", "40,70"]) {
    assert.throws(() => parseShares(text), /above 0, below 1 and rising/, text);
  }
  const fault = (...args: Parameters<typeof settings>) => scheduleFault(settings(...args)) ?? "";
  assert.match(fault("cosine", { decayAt: "0.5" }), /takes no share of the run/);
  assert.match(fault("exponential", { decayAt: "0.5,0.6" }), /takes one share/);
  assert.match(fault("step", { decayAt: "" }), /takes at least one share/);
  assert.match(fault("step", { decayAt: "40" }), /decayAt '40' should be shares of the run/);
  assert.match(fault("constant", { decay: 0.5 }), /constant keeps the learning rate/);
});
