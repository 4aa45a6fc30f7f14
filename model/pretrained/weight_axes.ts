/**
 * The order of a convolution weight's axes: [out, in, kh, kw] in PyTorch and ONNX, [kh, kw, in, out] in TensorFlow. This
 * program has TensorFlow's order without axes of size one: [in, out] for 1×1, [3, 3, C] for a depthwise convolution.
 */
import { itemAt } from "../../engine/item_at.ts";
import type { Family } from "./families.ts";
import type { NetworkLayer } from "../network_layers.ts";

/** The shape of a layer's weight; a depthwise one is [C, 1, 3, 3] in PyTorch and [3, 3, C, 1] in TensorFlow. */
export function weightShape({ part, from, to }: NetworkLayer, axes: Family["axes"]): number[] {
  const kernel = part === "stem" || part === "depthwise" ? [3, 3] : [1, 1];
  if (part === "depthwise") return axes === "OIHW" ? [to, 1, ...kernel] : [...kernel, to, 1];
  return axes === "OIHW" ? [to, from, ...kernel] : [...kernel, from, to];
}

/** [out, in, kh, kw] → this program's layout, row-major both. */
export function fromOihw(layer: NetworkLayer, weight: Float32Array): Float32Array<ArrayBuffer> {
  return reorder(layer, weight, (ours, oihw, result) => result[ours] = itemAt(weight, oihw));
}

/** This program's layout → [out, in, kh, kw], row-major both. */
export function toOihw(layer: NetworkLayer, weight: Float32Array): Float32Array<ArrayBuffer> {
  return reorder(layer, weight, (ours, oihw, result) => result[oihw] = itemAt(weight, ours));
}

/** Calls `move` with the offsets of each element in both layouts; ours is [kh · kw, in, out], `in` is 1 for depthwise. */
function reorder(
  { part, from, to }: NetworkLayer,
  weight: Float32Array,
  move: (ours: number, oihw: number, result: Float32Array) => void,
): Float32Array<ArrayBuffer> {
  const inputs = part === "depthwise" ? 1 : from;
  const taps = weight.length / (inputs * to);
  const result = new Float32Array(weight.length);
  for (let out = 0; out < to; out++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < taps; tap++) {
        move((tap * inputs + input) * to + out, (out * inputs + input) * taps + tap, result);
      }
    }
  }
  return result;
}
