/** Pooling of the f64 reference. */
import { forEachTap, outputShape } from "./convolution.ts";
import { mean } from "./reductions.ts";
import type { ConvGeometry } from "./settings.ts";
import { expectShape } from "./shapes.ts";
import { elementCount, record, type RefTensor } from "./tape.ts";

/** Mean over height and width: [N,H,W,C] -> [N,C]. */
export function globalAveragePool(x: RefTensor): RefTensor {
  expectShape("The input of a global average pool", x, [-1, -1, -1, -1]);
  return mean(x, [1, 2]);
}

/** Maximum of every window of size × size pixels; the gradient goes to the first one. Padding is never the maximum. */
export function maxPool2d(x: RefTensor, { size, ...options }: ConvGeometry & { size: number }): RefTensor {
  const geometry = { stride: size, ...options };
  expectShape("The input of a max pool", x, [-1, -1, -1, -1]);
  const channels = x.shape[3];
  const shape = outputShape(x.shape, size, size, channels, geometry);
  const data = new Float64Array(elementCount(shape)).fill(-Infinity);
  const second = data.slice();
  const source = new Int32Array(data.length).fill(-1);
  forEachTap(x.shape, shape, size, size, geometry, (from, to) => {
    for (let c = 0; c < channels; c++) {
      const [i, o] = [from * channels + c, to * channels + c];
      const v = x.data[i];
      second[o] = Math.max(second[o], Math.min(v, data[o]));
      if (source[o] >= 0 && v <= data[o]) continue;
      data[o] = v;
      source[o] = i;
    }
  });
  const clearance = data.reduce((least, v, o) => Math.min(least, v - second[o]), Infinity);
  return record(shape, data, [x], (dy) => {
    const dx = new Float64Array(x.data.length);
    source.forEach((i, o) => dx[i] += dy[o]);
    return [dx];
  }, clearance);
}

/** Mean of every window of size × size pixels; padding counts as pixels of value 0 unless said otherwise. */
export function averagePool2d(
  x: RefTensor,
  { size, countPadding = true, ...options }: ConvGeometry & { size: number; countPadding?: boolean },
): RefTensor {
  const geometry = { stride: size, ...options };
  const channels = x.shape[3];
  const shape = outputShape(x.shape, size, size, channels, geometry);
  const counts = new Float64Array(elementCount(shape) / channels);
  forEachTap(x.shape, shape, size, size, geometry, (_, to) => counts[to]++);
  if (countPadding) counts.fill(size * size);
  const data = new Float64Array(elementCount(shape));
  const move = (visit: (i: number, o: number, count: number) => void) =>
    forEachTap(x.shape, shape, size, size, geometry, (from, to) => {
      for (let c = 0; c < channels; c++) visit(from * channels + c, to * channels + c, counts[to]);
    });
  move((i, o, count) => data[o] += x.data[i] / count);
  return record(shape, data, [x], (dy) => {
    const dx = new Float64Array(x.data.length);
    move((i, o, count) => dx[i] += dy[o] / count);
    return [dx];
  });
}
