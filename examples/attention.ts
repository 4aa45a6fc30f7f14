/**
 * A transformer block (Vaswani et al. 2017) that learns to reverse sequences: each place must attend to the one opposite.
 *
 *     deno run examples/attention.ts
 *
 * prints at last: 3 1 4 1 5 9 2 6 reversed is 6 2 9 5 1 4 1 3; right places of unseen sequences: 100.0 %
 */
import { Adam, add, argmax, constantUint32, crossEntropy, Device, Embedding, gelu } from "@reid/webgpu";
import { LayerNorm, Linear, matmul, mul, ParameterSet, permute, Program, Random } from "@reid/webgpu";
import { reshape, softmax, split, type Tensor, transpose, u32, type Uint32Tensor } from "@reid/webgpu";

const BATCH = 32, LENGTH = 8, SYMBOLS = 10, WIDTH = 32, HEADS = 2, STEPS = 150;

const device = await Device.open();
const [set, random] = [new ParameterSet(device), new Random(1)];
const symbols = new Embedding(set, "symbols", random, SYMBOLS, WIDTH);
const places = new Embedding(set, "places", random, LENGTH, WIDTH);
const [norm1, norm2] = [1, 2].map((i) => new LayerNorm(set, `norm${i}`, WIDTH)) as [LayerNorm, LayerNorm];
const projected = new Linear(set, "projected", random, WIDTH, 3 * WIDTH);
const joined = new Linear(set, "joined", random, WIDTH, WIDTH);
const wide = new Linear(set, "wide", random, WIDTH, 4 * WIDTH);
const narrow = new Linear(set, "narrow", random, 4 * WIDTH, WIDTH);
const last = new Linear(set, "last", random, WIDTH, SYMBOLS);

/** [B, T, C] → [B, T, C]: each place takes from all places, weighted by how well its query fits their keys. */
function attention(x: Tensor): Tensor {
  const heads = (x: Tensor) => permute(reshape(x, [-1, LENGTH, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  const [queries, keys, values] = split(projected.apply(x), 3, -1).map(heads) as [Tensor, Tensor, Tensor];
  const scores = mul(matmul(queries, transpose(keys)), (WIDTH / HEADS) ** -0.5);
  const taken = matmul(softmax(scores), values);
  return joined.apply(reshape(permute(taken, [0, 2, 1, 3]), [-1, LENGTH, WIDTH]));
}

/** [B, T] → logits [B · T, symbols]. */
function network(sequence: Uint32Tensor): Tensor {
  const x = add(symbols.apply(sequence), places.apply(constantUint32([...Array(LENGTH).keys()])));
  const y = add(x, attention(norm1.apply(x)));
  const z = add(y, narrow.apply(gelu(wide.apply(norm2.apply(y)))));
  return reshape(last.apply(z), [-1, SYMBOLS]);
}

const adam = new Adam(set, { rate: 3e-3 });
const inputs = { sequence: u32([BATCH, LENGTH]), reversed: u32([BATCH * LENGTH]) };
const step = await Program.record(device, inputs, ({ sequence, reversed }) => {
  const loss = crossEntropy(network(sequence), reversed);
  adam.minimize(loss);
  return { loss };
});
function draw() {
  const rows = Array.from(
    { length: BATCH },
    () => Array.from({ length: LENGTH }, () => random.integer(SYMBOLS)),
  );
  return { sequence: rows.flat(), reversed: rows.flatMap((row) => row.toReversed()) };
}
for (let i = 1; i <= STEPS; i++) {
  const { loss } = await step.run(draw());
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss[0]!.toFixed(4)}`);
}

const given = { sequence: u32([BATCH, LENGTH], { batch: true }) };
const read = await Program.record(device, given, ({ sequence }) => ({ symbols: argmax(network(sequence)) }));
const one = [3, 1, 4, 1, 5, 9, 2, 6], unseen = draw();
const answer = (await read.run({ sequence: one })).symbols.join(" ");
const found = (await read.run({ sequence: unseen.sequence })).symbols;
const right = unseen.reversed.filter((symbol, i) => symbol === found[i]).length / found.length;
console.log(
  `${one.join(" ")} reversed is ${answer}; right places of unseen sequences: ${(100 * right).toFixed(1)} %`,
);
for (const owner of [step, read, set, device]) owner.destroy();
