import assert from "node:assert/strict";
import { formatSeconds, progress } from "../../cli/progress.ts";

function recorder(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, columns: 60, write: (text: string) => written.push(text) };
  return { written, stream };
}

Deno.test("progress() writes plain lines by time and by tenths of the work where there is no terminal", () => {
  const { written, stream } = recorder(false);
  let seconds = 0;
  const work = progress({
    label: "Epoch 1/2",
    total: 1000,
    unit: "images",
    stream,
    now: () => 1000 * seconds,
  });
  for (let done = 10; done <= 1000; done += 10) {
    seconds += 0.05;
    work.update(done, { loss: (1 - done / 1000).toFixed(2) });
  }
  work.finish("Epoch 1/2 took 5 s");
  assert.equal(written.length, 5, written.join(""));
  assert.equal(
    written[0],
    "Epoch 1/2: 20 % (200 of 1,000 images) | loss 0.80 | 200 images/s | 4 s left\n",
  );
  assert.equal(written.at(-1), "Epoch 1/2 took 5 s\n");
});

Deno.test("progress() writes a plain line every few seconds of slow work", () => {
  const { written, stream } = recorder(false);
  let seconds = 0;
  const work = progress({
    label: "Embedding",
    total: 100_000,
    unit: "images",
    stream,
    now: () => 1000 * seconds,
    start: 50_000,
  });
  for (let step = 1; step <= 420; step++) {
    seconds += 1;
    work.update(50_000 + step);
  }
  // Every two seconds for five minutes, then every ten.
  assert.equal(written.length, 149 + 12);
  assert.equal(
    written[4],
    "Embedding: 50 % (50,010 of 100,000 images) | 1 images/s | 13 h 53 min left\n",
  );
  work.finish();
  assert.match(written.at(-1)!, /^Embedding: 50 % \(50,420 of 100,000 images\)/);
});

Deno.test("progress() measures the rate over recent work, so that a slow start is forgotten", () => {
  const { written, stream } = recorder(false);
  let seconds = 0;
  const work = progress({ label: "Run", total: 10_000, unit: "images", stream, now: () => 1000 * seconds });
  seconds = 60;
  work.update(10);
  for (let step = 1; step <= 30; step++) {
    seconds += 1;
    work.update(10 + 100 * step);
  }
  assert.match(written.at(-1)!, /\| 100 images\/s \|/);
  work.finish();
});

Deno.test("progress() draws a bar within the terminal's width, and never hides cursor or wrapping", () => {
  const { written, stream } = recorder(true);
  let seconds = 0;
  const now = () => 1000 * seconds;
  const work = progress({ label: "Epoch 1/2", total: 100, unit: "images", stream, now });
  seconds = 1;
  work.update(50, { active: "45 %", "d(a,p)": "0.812", "d(a,n)": "1.034" });
  work.finish("done");
  const text = written.join("");
  assert.ok(!text.includes("\x1b[?25l") && !text.includes("\x1b[?7l"), JSON.stringify(text));
  // What does not fit gives way from the last field on; the time left stays.
  assert.match(text, /Epoch 1\/2 █{5}░{5} {2}50 % \| 50 images\/s \| 1 s left/);
  assert.ok(
    !text.includes("d(a,p)") && !text.includes("\x1b7") && !text.includes("\x1b8"),
    JSON.stringify(text),
  );
  assert.ok(written.filter((part) => part.startsWith("Epoch")).every((part) => part.length <= 60));
  assert.equal(written.at(-1), "done\n");
});

Deno.test("progress() shows fields beside the bar where the terminal is wide enough", () => {
  const { written, stream } = recorder(true);
  let seconds = 0;
  const work = progress({
    label: "Epoch 1/2",
    total: 100,
    unit: "images",
    stream: { ...stream, columns: 120 },
    now: () => 1000 * seconds,
  });
  seconds = 1;
  work.update(50, { loss: "0.5", active: "45 %" });
  work.finish();
  assert.match(
    written.join(""),
    /Epoch 1\/2 █{10}░{10} {2}50 % \| loss 0\.5 \| active 45 % \| 50 images\/s \| 1 s left/,
  );
});

Deno.test("formatSeconds() rounds to what a reader wants to know", () => {
  assert.deepEqual([0.4, 59.4, 59.6, 185, 3599.7, 7620].map(formatSeconds), [
    "0 s",
    "59 s",
    "1 min 00 s",
    "3 min 05 s",
    "1 h 00 min",
    "2 h 07 min",
  ]);
});

Deno.test("progress into a file does not say the same twice at the end", () => {
  const written: string[] = [];
  let time = 0;
  const shown = progress({
    label: "Embedding",
    total: 2,
    unit: "images",
    stream: { write: (text) => written.push(text) },
    now: () => time,
  });
  time = 5000;
  shown.update(2);
  shown.finish();
  assert.equal(written.length, 1);
  assert.match(written[0], /^Embedding: 100 %/);
});

Deno.test("progress() counts a slow first unit, as compiling kernels makes it, into no rate", () => {
  const { written, stream } = recorder(false);
  let seconds = 0;
  const work = progress({ label: "Training", total: 100, unit: "images", stream, now: () => 1000 * seconds });
  for (let done = 10; done <= 100; done += 10) {
    seconds += done === 10 ? 60 : 2;
    work.update(done);
  }
  assert.equal(written[0], "Training: 10 % (10 of 100 images)\n");
  assert.match(written[1], /\| 5 images\/s \| 16 s left$/m);
});
