/**
 * Writes the weights of nsfwjs' MobileNetV2 1.0 as safetensors into the file that is its argument: those of
 * keras.applications, trained on ImageNet, with a head of three dense layers, under the names that Keras gave them.
 *
 * Its lock leaves out TensorFlow.js, a peer dependency of 300 MB that the weights do not need.
 */
import { encodeSafetensors, type SafetensorsTensor } from "../../../model/safetensors.ts";

// A name in a variable: the type checker would otherwise ask for the package.
const NSFWJS = "nsfwjs/models/mobilenet_v2";

const { MobileNetV2Model } = await import(NSFWJS);
const { weightsManifest: [{ weights }] } = (await MobileNetV2Model.modelJson()).default;
const [bundle] = await Promise.all(
  MobileNetV2Model.weightBundles.map((load: () => Promise<{ default: string }>) => load()),
);
const bytes = Uint8Array.fromBase64(bundle.default);
const tensors = new Map<string, SafetensorsTensor>();
let offset = 0;
for (const { name, shape, quantization: { min, scale } } of weights) {
  const count = shape.reduce((a: number, b: number) => a * b, 1);
  const data = Float32Array.from(bytes.subarray(offset, offset += count), (value) => value * scale + min);
  tensors.set(name, { dtype: "F32", shape, data });
}
await Deno.writeFile(Deno.args[0]!, encodeSafetensors(tensors));
