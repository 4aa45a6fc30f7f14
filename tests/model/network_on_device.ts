/** A scenario's network on the engine. */
import {
  type Device,
  l2Normalize,
  ParameterSet,
  Random,
  type Tensor,
  type Uint32Tensor,
} from "../../engine/mod.ts";
import { lossTable } from "../../losses/mod.ts";
import { MobileNetV2 } from "../../model/mobilenet_v2.ts";
import { type LossKey, type Scenario, TRIPLETS } from "./scenario.ts";

/** The weight of the past in running statistics. */
export const MOMENTUM = 0.9;

/** A MobileNetV2 that holds the scenario's weights; destroy the set afterward. */
export function networkOnDevice(
  device: Device,
  scenario: Scenario,
): { set: ParameterSet; network: MobileNetV2 } {
  const { width, epsilon } = scenario.network;
  const set = new ParameterSet(device);
  const network = new MobileNetV2(set, new Random(1), {
    width,
    epsilon,
    padding: "same",
    momentum: MOMENTUM,
  });
  for (const parameter of set.parameters) {
    if (parameter.trainable) set.write(parameter, scenario.parameters.get(parameter.name)!.data);
  }
  return { set, network };
}

/** The embeddings as the trainer makes them, and one of the three losses. */
export function embeddingsAndLoss(
  network: MobileNetV2,
  key: LossKey,
  images: Tensor,
  labels: Uint32Tensor,
): { embeddings: Tensor; loss: Tensor } {
  const embeddings = l2Normalize(network.apply(images, "training"), 1e-12);
  return { embeddings, loss: lossTable[key].apply(embeddings, labels, TRIPLETS).loss };
}
