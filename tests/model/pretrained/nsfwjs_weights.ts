/**
 * Writes the weights of nsfwjs' MobileNetV2 1.0 as safetensors into the file that is its argument: those of
 * keras.applications, trained on ImageNet, with a head of three dense layers, under the names that Keras gave them.
 *
 * Its lock leaves out TensorFlow.js, a peer dependency of 300 MB that the weights do not need.
 */
import { encodeSafetensors } from "../../../model/safetensors.ts";
import { readWeights } from "../../../model/weights_files/read_weights.ts";

// A name in a variable: the type checker would otherwise ask for the package.
const NSFWJS = "nsfwjs/models/mobilenet_v2";

const { MobileNetV2Model } = await import(NSFWJS);
const model = (await MobileNetV2Model.modelJson()).default;
const bundles = await Promise.all(
  MobileNetV2Model.weightBundles.map((load: () => Promise<{ default: string }>) => load()),
);
const [{ paths }] = model.weightsManifest;
const { format, tensors } = await readWeights(
  new TextEncoder().encode(JSON.stringify(model)),
  (path) => Promise.resolve(Uint8Array.fromBase64(bundles[paths.indexOf(path)].default)),
);
if (format !== "layers-model") throw new Error(format);
await Deno.writeFile(Deno.args[0]!, encodeSafetensors(tensors));
