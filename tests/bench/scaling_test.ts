/** The model of a step in shards on ranks, by hand arithmetic, and the plan that it takes its numbers from. */
import assert from "node:assert/strict";
import { planStep } from "../../bench/plan/count.ts";
import { PROFILES } from "../../bench/plan/profiles.ts";
import { ADDITIONS, partTimes, stepOnRanks } from "../../bench/plan/scaling.ts";
import { planShards } from "../../bench/plan/shards.ts";
import { main } from "../../bench/plan.ts";
import { completeOptions } from "../../train/options.ts";

const TIMES = { forward: 10, backward: 20, left: 0, loss: 1, update: 2 };
const BYTES = { inputs: 1000, features: 400, statistics: 40, gradients: 4000, summed: 4044, early: 4044 };
/** A byte takes a microsecond. */
const LINKS = { network: 1e6, latency: 0.5, bus: 1e6, wait: 0.25 };

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) < 1e-9, `${found}, not ${expected}`);
}

Deno.test("a step of four shards on two ranks takes what its parts take", () => {
  const { gpu, bus, waits, sums, exchange, total } = stepOnRanks(
    TIMES,
    BYTES,
    { ranks: 2, shards: 4 },
    LINKS,
  );
  // Of a rank's two shards, one is made forward twice.
  assert.deepEqual(gpu, { forward: 30, backward: 40, loss: 1, update: 2, total: 73 });
  // Three times inputs and statistics; features of two shards both ways, and of four; the update; the last gradients.
  near(bus, 3 * 1.04 + 4 * 0.4 + 8 * 0.4 + 0.04 + 4 + 4.04);
  near(waits, 1);
  near(sums, 1000 * 1.5 * 1011 / ADDITIONS);
  near(exchange.features, 0.5 + 0.5 + 0.8);
  near(exchange.sums, 0.5 + 2 * (0.5 + 2.022));
  near(exchange.total, 1.8 + 5.544 + 0.5);
  assert.deepEqual(exchange.bytes, { features: 800, sums: 4044 });
  near(total, 73 + bus + 1 + sums + exchange.total);
});

Deno.test("the exchange of the first gradients is hidden behind the making of the others, as far as that takes", () => {
  const shared = { ranks: 2, shards: 2 };
  for (const left of [3, 100]) {
    const bytes = { ...BYTES, early: 2000 };
    const { exchange, sums, gpu, bus, total } = stepOnRanks({ ...TIMES, left }, bytes, shared, LINKS);
    const first = 0.5 + 2 * (0.5 + 1), last = 0.5 + 2 * (0.5 + 1.022);
    near(exchange.sums, first + last);
    const adding = 1000 * 0.5 * 500 / ADDITIONS;
    near(exchange.hidden, left === 3 ? 3 - adding : first);
    near(total, gpu.total + bus + 1 + sums + exchange.total - exchange.hidden - adding);
    assert.equal(gpu.backward, 20, "what is left is a part of it");
  }
});

Deno.test("one rank exchanges nothing; many send what is summed once in each direction, and wait for many messages", () => {
  const one = stepOnRanks(TIMES, BYTES, { ranks: 1, shards: 1 }, LINKS);
  assert.deepEqual([one.gpu.forward, one.exchange.total, one.sums], [10, 0, 0]);
  const many = stepOnRanks(TIMES, BYTES, { ranks: 8, shards: 8 }, LINKS);
  assert.equal(many.exchange.bytes.sums, 2 * 7 / 8 * 4044);
  near(many.exchange.sums, 3 * 0.5 + 14 * (0.5 + 4044 / 8 / 1000));
  // Gradients that take longer than the next shard show.
  const slow = stepOnRanks(TIMES, BYTES, { ranks: 1, shards: 2 }, { ...LINKS, bus: 1e5 });
  const hidden = stepOnRanks(TIMES, BYTES, { ranks: 1, shards: 2 }, LINKS);
  near(slow.bus - 10 * hidden.bus, 40.4 - 30);
});

Deno.test("the plan of a step in shards has its programs, its bytes, and memory that falls with the shards", async () => {
  const options = completeOptions({
    loss: "hard",
    width: 0.5,
    imageHeight: 128,
    imageWidth: 64,
    precision: "f32",
  });
  const [whole, plan] = [
    await planStep(PROFILES.software, options, 64),
    await planShards(PROFILES.software, options, 64, { count: 8, isExchanged: true }),
  ];
  const { bytes, dispatches, memory } = plan;
  assert.equal(bytes.features, 8 * 1280 * 4);
  assert.equal(bytes.summed, bytes.statistics + 4 + bytes.gradients);
  assert.ok(bytes.gradients >= 4 * 687_680 && bytes.gradients < 4.1 * 687_680, `${bytes.gradients}`);
  assert.ok(bytes.inputs >= 8 * 128 * 64 * 3 && bytes.inputs < 1.5 * 8 * 128 * 64 * 3, `${bytes.inputs}`);
  assert.ok(dispatches.backward.length > dispatches.forward.length && dispatches.forward.length > 50);
  assert.ok(memory < 0.35 * whole.memory.total, `${memory} of ${whole.memory.total}`);
  assert.ok(
    bytes.early > 0.85 * bytes.summed && bytes.early < bytes.summed,
    `${bytes.early} of ${bytes.summed}`,
  );
  assert.ok(dispatches.left.length > 10 && dispatches.left.length < dispatches.backward.length);
  const times = partTimes(plan, PROFILES.software, 2);
  assert.ok(times.backward > times.forward && times.forward > 2 * 50 * PROFILES.software.peaks.dispatchCost);
});

Deno.test("plan prints the steps of numbers of ranks, also where the whole batch does not fit, and refuses others", async () => {
  const large = [
    "--profile=default",
    "--width=1",
    "--image-height=256",
    "--image-width=128",
    "--precision=f32",
  ];
  const printed: string[] = [];
  const { log } = console;
  console.log = (text: string) => printed.push(text);
  try {
    assert.equal(await main([...large, "--batch=64", "--ranks=4", "--micro-batches=16"]), 0);
  } finally {
    console.log = log;
  }
  const text = printed.join("\n");
  assert.match(text, /As one step it does not fit: .*/);
  assert.deepEqual([...text.matchAll(/^(\d)\s+(\d+) × 4 /gm)].map(([, ...of]) => of), [
    ["1", "16"],
    ["2", "8"],
    ["4", "4"],
  ]);
  await assert.rejects(main(["--ranks=3"]), /--batch 32 cannot be divided into 3 shards/);
  await assert.rejects(main(["--ranks=4", "--micro-batches=2"]), /4 ranks cannot share --micro-batches 2/);
  await assert.rejects(
    main([...large, "--batch=64", "--ranks=4", "--step-time=9"]),
    /--step-time is that of a whole batch, which does not fit/,
  );
});
