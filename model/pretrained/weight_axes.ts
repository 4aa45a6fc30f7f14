/**
 * The order of a convolution weight's axes: PyTorch's and ONNX's [out, in, kh, kw], TensorFlow's [kh, kw, in, out], and
 * this program's, which is TensorFlow's with axes of one left out: [in, out] for a 1×1, [3, 3, C] for a depthwise one.
 */
import type { Family } from "./families.ts";
import type { NetworkLayer } from "./network_layers.ts";

/** The shape of a layer's weight; a depthwise one is [C, 1, 3, 3] in PyTorch and [3, 3, C, 1] in TensorFlow. */
export function weightShape({ part, from, to }: NetworkLayer, axes: Family["axes"]): number[] {
  const kernel = part === "stem" || part === "depthwise" ? [3, 3] : [1, 1];
  if (part === "depthwise") return axes === "OIHW" ? [to, 1, ...kernel] : [...kernel, to, 1];
  return axes === "OIHW" ? [to, from, ...kernel] : [...kernel, from, to];
}

/** [out, in, kh, kw] → this program's layout, row-major both. */
export function fromOihw(layer: NetworkLayer, weight: Float32Array): Float32Array<ArrayBuffer> {
  return reorder(layer, weight, (ours, oihw, result) => result[ours] = weight[oihw]);
}

/** This program's layout → [out, in, kh, kw], row-major both. */
export function toOihw(layer: NetworkLayer, weight: Float32Array): Float32Array<ArrayBuffer> {
  return reorder(layer, weight, (ours, oihw, result) => result[oihw] = weight[ours]);
}

/** Calls `move` with the places of every element in both layouts: here [kh · kw, in, out], where a depthwise `in` is 1. */
function reorder(
  { part, from, to }: NetworkLayer,
  weight: Float32Array,
  move: (ours: number, oihw: number, result: Float32Array) => void,
): Float32Array<ArrayBuffer> {
  const inputs = part === "depthwise" ? 1 : from;
  const places = weight.length / (inputs * to);
  const result = new Float32Array(weight.length);
  for (let out = 0; out < to; out++) {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < places; place++) {
        move((place * inputs + input) * to + out, (out * inputs + input) * places + place, result);
      }
    }
  }
  return result;
}
