/** Batch norm of a batch in shards, in f64: each is normalized by its statistics. All other layers see single images. */
import { type Ops, referenceOps } from "../reference/ops.ts";
import { gradients, leaf, record, type RefTensor } from "../reference/tape.ts";

/** The images of each shard [N / shards, ...], off the tape. */
export function shardsOf(x: RefTensor, shards: number): RefTensor[] {
  const [images, ...rest] = x.shape;
  const length = x.data.length / shards;
  return Array.from(
    { length: shards },
    (_, i) => leaf([images / shards, ...rest], x.data.subarray(i * length, (i + 1) * length)),
  );
}

/** The f64 reference, whose batch norm in training normalizes so many shards of the batch separately. */
export function opsInShards(shards: number): Ops<RefTensor, number[]> {
  if (shards === 1) return referenceOps;
  return {
    ...referenceOps,
    batchNormTraining(x, gamma, beta, options) {
      const parts = shardsOf(x, shards);
      const results = parts.map((part) => referenceOps.batchNormTraining(part, gamma, beta, options));
      const joined = (arrays: readonly Float64Array[]) => Float64Array.from(arrays.flatMap((a) => [...a]));
      return record(x.shape, joined(results.map(({ data }) => data)), [x, gamma, beta], (dy) => {
        const length = dy.length / shards;
        const each = results.map((result, i) =>
          gradients(result, [parts[i], gamma, beta], dy.subarray(i * length, (i + 1) * length))
        );
        const sums = [1, 2].map((k) => each.map((of) => of[k]).reduce((a, b) => a.map((v, c) => v + b[c])));
        return [joined(each.map(([dx]) => dx)), ...sums];
      }, Math.min(...results.map(({ clearance }) => clearance)));
    },
  };
}
