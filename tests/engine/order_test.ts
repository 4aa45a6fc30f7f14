import assert from "node:assert/strict";
import { inStages } from "../../engine/plan/order.ts";
import { type Recorded, temporary } from "../../engine/recorder.ts";
import { type Origin, Value } from "../../engine/value.ts";
import { type Dispatch, reads, updates, writes } from "../../kernels/mod.ts";

/** A step that reads and writes these values. */
function step(kernel: string, read: Value[], write: Value[], update: Value[] = []): Recorded {
  const bindings = [
    ...read.map((_, i) => reads(`r${i}`)),
    ...write.map((_, i) => writes(`w${i}`)),
    ...update.map((_, i) => updates(`u${i}`)),
  ];
  const dispatch: Dispatch = {
    kernel,
    source: "",
    bindings,
    constants: {},
    tile: {},
    workgroups: [1, 1, 1],
    cost: { flops: 0, bytes: 0 },
  };
  return { dispatch, values: [...read, ...write, ...update], pass: "forward" };
}

function names(stages: Recorded[][]): string[][] {
  return stages.map((stage) => stage.map(({ dispatch }) => dispatch.kernel));
}

function values(count: number): Value[] {
  return Array.from({ length: count }, () => temporary([4]));
}

Deno.test("without staging everything is one stage, in order", () => {
  const [a, b, c] = values(3);
  const steps = [step("1", [a], [b]), step("2", [b], [c]), step("3", [c], [a])];
  assert.deepEqual(names(inStages(steps, () => false)), [["1", "2", "3"]]);
});

Deno.test("what a stage wrote and must be copied is read in the next; what does not wait for it runs before", () => {
  const [x, y, z, sum, total] = values(5);
  const steps = [
    step("product", [x], [y]),
    step("statistics", [y], [sum]),
    step("partial", [x], [z]),
    step("total", [z], [total]),
  ];
  assert.deepEqual(names(inStages(steps, () => true)), [["product", "partial"], ["statistics", "total"]]);
  const staged = inStages(steps, (value) => value === z);
  assert.deepEqual(names(staged), [["product", "statistics", "partial"], ["total"]]);
});

Deno.test("nothing overtakes a step that it would overwrite, or whose result it changes", () => {
  const [x, y, z, state] = values(4);
  const steps = [step("write", [x], [y]), step("reader", [y, state], [z]), step("updater", [], [], [state])];
  assert.deepEqual(names(inStages(steps, () => true)), [["write"], ["reader", "updater"]]);
});

Deno.test("a whole buffer of a set waits for all before it, and all after wait for it", () => {
  const [x, y, z, late] = values(4);
  const flat = new Value([4], "f32", { kind: "flat" } as Origin);
  const steps = [
    step("write", [x], [y]),
    step("reader", [y], [z]),
    step("adam", [], [], [flat]),
    step("after", [x], [late]),
  ];
  assert.deepEqual(names(inStages(steps, () => true)), [["write"], ["reader", "adam", "after"]]);
});

Deno.test("a random program keeps every dependency", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const all = values(30);
  const steps = Array.from({ length: 200 }, (_, i) => {
    const read = Array.from({ length: random(3) }, () => all[random(30)]);
    const write = all[random(30)];
    return step(`${i}`, read.filter((value) => value !== write), [write]);
  });
  const stages = inStages(steps, (value) => all.indexOf(value) % 2 === 0);
  const order = stages.flat().map(({ dispatch }) => Number(dispatch.kernel));
  assert.deepEqual([...order].sort((a, b) => a - b), steps.map((_, i) => i));
  const place = order.map((_, i) => order.indexOf(i));
  const writesOf = ({ dispatch, values }: Recorded) =>
    values.filter((_, i) => dispatch.bindings[i].access === "write");
  for (let i = 0; i < steps.length; i++) {
    for (let j = i + 1; j < steps.length; j++) {
      const clash = writesOf(steps[i]).some((value) => steps[j].values.includes(value)) ||
        writesOf(steps[j]).some((value) => steps[i].values.includes(value));
      if (clash) assert.ok(place[i] < place[j], `step ${j} came before ${i}`);
    }
  }
  for (const stage of stages) {
    const fresh = new Set<Value>();
    for (const one of stage) {
      for (const [i, value] of one.values.entries()) {
        if (one.dispatch.bindings[i].access === "read") assert.ok(!fresh.has(value));
      }
      for (const value of writesOf(one)) if (all.indexOf(value) % 2 === 0) fresh.add(value);
    }
  }
});
