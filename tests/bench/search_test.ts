import assert from "node:assert/strict";
import { bruteForce, drawSearch } from "../../bench/search_problem.ts";
import { percentile, recall, sameLists } from "../../bench/search_table.ts";
import { squaredDistance } from "../../search/exact_distance.ts";

Deno.test("the bench of searches: recall counts ids, equal lists their order too", () => {
  const truth = [["a", "b"], ["c", "d"]];
  assert.equal(recall([["b", "a"], ["c", "x"]], truth), 0.75);
  assert.equal(sameLists([["b", "a"], ["c", "d"]], truth), 1);
  assert.equal(percentile([3, 1, 2], 0.95), 3);
  assert.equal(percentile(Array.from({ length: 100 }, (_, i) => 100 - i), 0.95), 95);
});

Deno.test("the bench of searches: vectors have length 1, and people's images lie as is said", () => {
  const size = 128;
  for (const kind of ["identities", "uniform"] as const) {
    const problem = drawSearch(kind, 60, 5, size, 3);
    assert.deepEqual(problem, drawSearch(kind, 60, 5, size, 3));
    const { gallery } = problem;
    const distance = (a: number, b: number) =>
      Math.sqrt(squaredDistance(gallery, a * size, gallery, b * size, size));
    const origin = new Float32Array(size);
    assert.ok(Math.abs(squaredDistance(gallery, 0, origin, 0, size) - 1) < 1e-6);
    // Of three people images 0 and 3 are of one, 0 and 1 of two.
    const [same, other] = [distance(0, 3), distance(0, 1)];
    assert.ok(Math.abs(same - (kind === "uniform" ? Math.SQRT2 : 0.88)) < 0.3, `${same}`);
    assert.ok(Math.abs(other - Math.SQRT2) < 0.3, `${other}`);
    const all = Array.from({ length: 60 }, (_, i) => i)
      .sort((a, b) =>
        squaredDistance(problem.queries, 0, gallery, a * size, size) -
        squaredDistance(problem.queries, 0, gallery, b * size, size)
      );
    assert.deepEqual(bruteForce(problem, 7)[0], all.slice(0, 7));
  }
});
