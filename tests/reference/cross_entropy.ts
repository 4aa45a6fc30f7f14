/** Softmax cross-entropy with label smoothing (Szegedy et al. 2016) of the f64 reference. */
import { expectIndices, expectShape } from "./shapes.ts";
import { type Indices, record, type RefTensor } from "./tape.ts";

/** Mean over rows of -sum_c q_c log softmax(logits)_c with q = (1 - s) one-hot + s / C. */
export function crossEntropy(logits: RefTensor, labels: Indices, smoothing: number): RefTensor {
  expectShape("Logits", logits, [-1, -1]);
  const [rows, classes] = logits.shape;
  expectIndices("Labels", labels, rows, classes);
  const gradient = new Float64Array(rows * classes);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const z = logits.data.subarray(row * classes, (row + 1) * classes);
    const largest = z.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = Math.log(z.reduce((total, v) => total + Math.exp(v - largest), 0));
    z.forEach((v, c) => {
      const target = (c === labels[row] ? 1 - smoothing : 0) + smoothing / classes;
      const logProbability = v - largest - logSum;
      loss -= target * logProbability / rows;
      gradient[row * classes + c] = (Math.exp(logProbability) - target) / rows;
    });
  }
  return record([], Float64Array.of(loss), [logits], (dy) => [gradient.map((g) => g * dy[0])]);
}
