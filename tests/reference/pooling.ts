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
export function maxPool2d(x: RefTensor, { size, ...geometry }: ConvGeometry & { size: number }): RefTensor {
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
