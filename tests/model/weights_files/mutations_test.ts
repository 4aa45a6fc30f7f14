/** A short form of `deno task torture --only weights`. */
import assert from "node:assert/strict";
import { seededRandom } from "../../reference/seeded_random.ts";
import { randomWeights } from "../../torture/input/malformed_weights.ts";
import { tryWeights } from "../../torture/input/weights.ts";

Deno.test("a thousand damaged and malicious files end in their tensors or a typed error", async () => {
  const random = seededRandom(24);
  const kinds = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const { broken, kind } = await tryWeights(await randomWeights(random));
    assert.equal(broken, undefined, `file ${i}`);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  // The files say something: each end is reached.
  for (const kind of ["read", "damaged", "refused"]) {
    assert.ok((kinds.get(kind) ?? 0) > 100, JSON.stringify([...kinds]));
  }
});
