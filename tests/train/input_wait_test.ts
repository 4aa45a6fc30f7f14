import assert from "node:assert/strict";
import { InputWait } from "../../train/input_wait.ts";

/** Plays events at given milliseconds; the shares in per cent. */
function play(...events: [at: number, event: "begin" | "ready" | "submitted" | "arrived"][]) {
  let time = 0;
  const wait = new InputWait(() => time);
  for (const [at, event] of events) {
    time = at;
    wait[event]();
  }
  const { share } = wait;
  return share && { least: Math.round(100 * share.least), most: Math.round(100 * share.most) };
}

Deno.test("InputWait counts nothing while the batch is there whenever the loop asks", () => {
  const share = play(
    [1000, "begin"],
    [1000, "ready"],
    [1001, "submitted"],
    [1001, "ready"],
    [1090, "arrived"], // The loop stood in submit() from 1001 to 1090: a free way back was missing, not a batch.
    [1090, "submitted"],
    [1090, "ready"],
    [1200, "arrived"],
    [1200, "submitted"],
    [1290, "arrived"],
  );
  assert.deepEqual(share, { least: 0, most: 0 });
});

Deno.test("InputWait counts a GPU as idle from the last outputs to the next batch, and at most as long as the loop stood", () => {
  const share = play(
    [0, "begin"],
    [500, "ready"], // The first batch and the first run, in which kernels are compiled, are no part of it.
    [510, "submitted"],
    [2000, "arrived"],
    [2030, "ready"], // 30 ms without a run; the loop had asked at 510, but counting begins at 2000.
    [2040, "submitted"],
    [2060, "ready"], // The loop stood for 20 ms, a run being under way.
    [2060, "submitted"],
    [2080, "arrived"],
    [2090, "arrived"],
    [2100, "ready"], // 10 ms without a run, 40 since the loop asked.
    [2100, "submitted"],
    [2200, "arrived"],
  );
  assert.deepEqual(share, { least: 20, most: 45 });
});

Deno.test("InputWait leaves out what is between two epochs, and knows nothing before a second run came back", () => {
  const first = [[0, "begin"], [0, "ready"], [0, "submitted"], [100, "arrived"]] as const;
  assert.equal(play(...first.map(([at, event]): [number, typeof event] => [at, event])), undefined);
  const share = play(
    [0, "begin"],
    [0, "ready"],
    [0, "submitted"],
    [100, "arrived"],
    [150, "ready"],
    [150, "submitted"],
    [200, "arrived"],
    [9000, "begin"], // Saving took long.
    [9100, "ready"],
    [9100, "submitted"],
    [9110, "ready"],
    [9110, "submitted"],
    [9200, "arrived"],
    [9300, "arrived"],
  );
  assert.deepEqual(share, { least: 25, most: 25 });
});
