/**
 * The table of ops in docs/library.md: what engine/mod.ts exports of engine/ops/, with the first sentence of its docstring, beside
 * the names in PyTorch and JAX.
 *
 *     deno run --allow-read --allow-write tests/docs/ops_table.ts
 *
 * writes it anew.
 */
import * as engine from "../../engine/mod.ts";
import { read, ROOT } from "./markdown.ts";

/** PyTorch's and JAX's name; `F` is torch.nn.functional, `nn` is jax.nn. A dash where there is none. */
const ELSEWHERE: Readonly<Record<string, readonly [torch: string, jax: string]>> = {
  add: ["torch.add, +", "jnp.add, +"],
  sub: ["torch.sub, -", "jnp.subtract, -"],
  mul: ["torch.mul, *", "jnp.multiply, *"],
  div: ["torch.div, /", "jnp.divide, /"],
  pow: ["torch.pow, **", "jnp.power, **"],
  maximum: ["torch.maximum", "jnp.maximum"],
  minimum: ["torch.minimum", "jnp.minimum"],
  clip: ["torch.clamp", "jnp.clip"],
  equal: ["torch.eq, ==", "jnp.equal"],
  notEqual: ["torch.ne, !=", "jnp.not_equal"],
  less: ["torch.lt, <", "jnp.less"],
  lessEqual: ["torch.le, <=", "jnp.less_equal"],
  greater: ["torch.gt, >", "jnp.greater"],
  greaterEqual: ["torch.ge, >=", "jnp.greater_equal"],
  where: ["torch.where", "jnp.where"],
  stopGradient: ["x.detach()", "lax.stop_gradient"],
  affine: ["x * a + b", "x * a + b"],
  neg: ["torch.neg", "jnp.negative"],
  abs: ["torch.abs", "jnp.abs"],
  relu: ["F.relu", "nn.relu"],
  relu6: ["F.relu6", "nn.relu6"],
  gelu: ["F.gelu", "nn.gelu(approximate=False)"],
  silu: ["F.silu", "nn.silu"],
  sigmoid: ["torch.sigmoid", "nn.sigmoid"],
  tanh: ["torch.tanh", "jnp.tanh"],
  exp: ["torch.exp", "jnp.exp"],
  log: ["torch.log", "jnp.log"],
  sqrt: ["torch.sqrt", "jnp.sqrt"],
  softplus: ["F.softplus", "nn.softplus"],
  sum: ["torch.sum", "jnp.sum"],
  mean: ["torch.mean", "jnp.mean"],
  max: ["torch.amax", "jnp.max"],
  min: ["torch.amin", "jnp.min"],
  argmax: ["torch.argmax", "jnp.argmax"],
  argmin: ["torch.argmin", "jnp.argmin"],
  softmax: ["F.softmax", "nn.softmax"],
  logSoftmax: ["F.log_softmax", "nn.log_softmax"],
  matmul: ["torch.matmul, @", "jnp.matmul, @"],
  dense: ["F.linear (weight transposed)", "x @ w + b"],
  pointwiseConv: ["F.conv2d, kernel 1", "lax.conv, kernel 1"],
  conv2d: ["F.conv2d (NCHW)", "lax.conv_general_dilated"],
  depthwiseConv: ["F.conv2d(groups=C)", "lax.conv_general_dilated"],
  maxPool2d: ["F.max_pool2d", "lax.reduce_window"],
  averagePool2d: ["F.avg_pool2d", "lax.reduce_window"],
  globalAveragePool: ["x.mean((2, 3))", "jnp.mean(x, (1, 2))"],
  batchNormTraining: ["F.batch_norm(training=True)", "-"],
  batchNormInference: ["F.batch_norm", "-"],
  layerNorm: ["F.layer_norm", "-"],
  groupNorm: ["F.group_norm", "-"],
  l2Normalize: ["F.normalize", "-"],
  residualAdd: ["+", "+"],
  dropout: ["F.dropout", "-"],
  oneHot: ["F.one_hot", "nn.one_hot"],
  toFloat: ["x.float()", "x.astype(float)"],
  reshape: ["torch.reshape", "jnp.reshape"],
  permute: ["torch.permute", "jnp.transpose"],
  transpose: ["torch.transpose, x.mT", "jnp.swapaxes, x.mT"],
  flip: ["torch.flip", "jnp.flip"],
  slice: ["torch.narrow", "lax.slice_in_dim"],
  split: ["torch.chunk, torch.split", "jnp.split"],
  stack: ["torch.stack", "jnp.stack"],
  concat: ["torch.cat", "jnp.concatenate"],
  gather: ["F.embedding, x[i]", "jnp.take, x[i]"],
  expand: ["x.expand", "jnp.broadcast_to"],
  pad: ["F.pad", "jnp.pad"],
  softmaxCrossEntropy: ["F.cross_entropy", "-"],
  pairwiseDistance: ["torch.cdist(x, x)", "-"],
  crossDistance: ["torch.cdist", "-"],
};

/** Files of engine/ops/ with ops for re-identification alone, which are described elsewhere. */
const SPECIAL = ["all_triplets", "augment", "center", "image", "rank", "triplet"];

const BEGIN = "<!-- ops: written by tests/docs/ops_table.ts -->\n";
const END = "<!-- end of ops -->";

/** The first sentences of the functions that a file declares, by name. */
function sentences(text: string): Map<string, string> {
  const found = text.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)/g);
  return new Map([...found].map(([, comment, name]) => {
    const words = comment.replace(/\n \* ?/g, " ").replace(/\{@link(?:code)? (\w+)\}/g, "`$1`").trim();
    const sentence = /^(.*?)(?:[.;:](?= |$)|(?= @))/.exec(words)?.[1] ?? words;
    return [name, sentence.replaceAll("|", "\\|")];
  }));
}

/** All exported ops and their first sentences, file by file. */
function exportedOps(): [name: string, sentence: string][] {
  const files = [...Deno.readDirSync(`${ROOT}/engine/ops`)].map(({ name }) => name).sort()
    .filter((name) => !SPECIAL.includes(name.replace(".ts", "")));
  return files.flatMap((file) => [...sentences(read(`engine/ops/${file}`))]).filter(([name]) =>
    name in engine
  );
}

/** The table as Markdown: ops in the order of {@link ELSEWHERE}, then those without names elsewhere. */
function opsTable(): string {
  const ops = new Map(exportedOps());
  const names = [...new Set([...Object.keys(ELSEWHERE), ...ops.keys()])];
  const rows = names.map((name) => {
    const sentence = ops.get(name);
    if (sentence === undefined) throw new Error(`engine/mod.ts exports no op ${name}`);
    const others = (ELSEWHERE[name] ?? ["-", "-"]).map((other) => other === "-" ? "" : `\`${other}\``);
    return [`\`${name}\``, sentence, ...others];
  });
  const table = [["op", "computes", "PyTorch", "JAX"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(table[0]), line(widths.map((width) => "-".repeat(width))), ...table.slice(1).map(line)].join(
    "\n",
  );
}

/** docs/library.md with the table as it should be. */
export function withTable(page: string): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < 0) throw new Error("docs/library.md has no place for the table of ops");
  return `${page.slice(0, start + BEGIN.length)}\n${opsTable()}\n\n${page.slice(end)}`;
}

if (import.meta.main) Deno.writeTextFileSync(`${ROOT}/docs/library.md`, withTable(read("docs/library.md")));
