/** The examples do what they say, without a single permission. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const EXAMPLES = fileURLToPath(new URL("../examples", import.meta.url));

async function runExample(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", `${EXAMPLES}/${name}`, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, text(stderr));
  return text(stdout);
}

Deno.test("Example: a multilayer perceptron learns two spirals", async () => {
  const output = await runExample("train_mlp.ts");
  const accuracy = Number(/accuracy on unseen points: ([\d.]+) %/.exec(output)?.[1]);
  assert.ok(accuracy >= 95, output); // Chance is 50 %, the best straight line little more.
  assert.equal(output.split("\n").filter((line) => /[#·]{8}/.test(line)).length, 16, output);
});

Deno.test("Example: a custom op agrees with f64 and with central differences", async () => {
  const output = await runExample("own_op.ts");
  const errors = [...output.matchAll(/off .*?by (\d\S*)/g)].map(([, error]) => Number(error));
  assert.equal(errors.length, 2, output);
  assert.ok(errors.every((error) => error < 1e-5), output);
});

Deno.test("Example: triplet losses of custom embeddings", async () => {
  const output = await runExample("own_embeddings.ts");
  for (const name of ["hard", "semi-hard"] as const) {
    const expected = literalLoss(name);
    const line = `${name}: loss ${
      expected.loss.toFixed(4)
    }, ${expected.active} of ${expected.triplets} triplets active`;
    assert.ok(output.split("\n").includes(line), `no line "${line}" in\n${output}`);
  }
  assert.equal(output.match(/is pulled by/g)?.length, 12);
});

Deno.test("Example: a transformer block reverses sequences", async () => {
  const output = await runExample("attention.ts");
  assert.match(
    output,
    /^3 1 4 1 5 9 2 6 reversed is 6 2 9 5 1 4 1 3; right places of unseen sequences: (100|99)\.\d %$/m,
  );
});

Deno.test("Example: a convolutional network reads digits, after an eighth of its steps", async () => {
  const output = await runExample("mnist.ts", "150");
  const accuracy = Number(/accuracy on 2000 digits .*: ([\d.]+) %/.exec(output)?.[1]);
  assert.ok(accuracy >= 90, output); // 97.8 % after all.
});

Deno.test("Example: triplets of eight digits teach the embedding of two others", async () => {
  const output = await runExample("unseen_digits.ts", "50");
  const [, trained, untrained] =
    /same digit: ([\d.]+) % \(untrained ([\d.]+) %\)/.exec(output)?.map(Number) ?? [];
  assert.ok(trained > untrained + 4, output);
});

Deno.test("Example: kept convolutions help where there are few images", async () => {
  const output = await runExample("transfer.ts", "50");
  const [, kept, scratch] = /: ([\d.]+) % with the kept convolutions, ([\d.]+) %/.exec(output)?.map(Number) ??
    [];
  assert.ok(kept > scratch + 3, output);
});

/** What the example computes, written down as the losses are defined, with its points and its margin. */
function literalLoss(name: "hard" | "semi-hard"): { loss: number; active: number; triplets: number } {
  const points = [[0, 0], [1, 0], [4, 0], [4, 1], [0, 4], [3, 1]];
  const person = [7, 7, 8, 8, 9, 9];
  const all = [...points.keys()];
  const distance = (i: number, j: number) =>
    Math.hypot(points[i][0] - points[j][0], points[i][1] - points[j][1]);
  const costs = all.map((a) => {
    // Everybody has two images, so that an anchor has one positive.
    const positive = distance(a, all.find((p) => p !== a && person[p] === person[a])!);
    const negatives = all.filter((n) => person[n] !== person[a]).map((n) => distance(a, n));
    const farther = negatives.filter((d) => d > positive);
    const negative = name === "semi-hard" && farther.length === 0
      ? Math.max(...negatives)
      : Math.min(...(name === "hard" ? negatives : farther));
    return Math.max(0, positive - negative + 0.5);
  });
  const loss = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  return { loss, active: costs.filter((cost) => cost > 0).length, triplets: costs.length };
}
