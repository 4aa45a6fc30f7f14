/** Flags of `deno task train`: where the backbone's weights come from, and how it learns on. */
import { defineFlags } from "../flags.ts";

/** The group "Transfer learning" of `--help`. */
export const TRANSFER_FLAGS = defineFlags({
  weights: {
    type: "string",
    value: "FILE",
    group: "Transfer learning",
    help:
      "MobileNetV2 trained on ImageNet, as safetensors with the names of torchvision, timm or Keras. Their padding, " +
      "batch norm and scale of colors are taken over, and the width unless --width is given. Wants a lower --lr " +
      "than weights drawn at random.",
  },
  "freeze-epochs": {
    type: "integer",
    min: 0,
    max: 100000,
    default: 0,
    value: "COUNT",
    group: "Transfer learning",
    help: "Epochs in which the loaded backbone stays as it is and only the head learns; then all learns.",
  },
  "backbone-lr": {
    type: "number",
    min: 0,
    max: 100,
    default: 1,
    value: "FACTOR",
    group: "Transfer learning",
    help:
      "Multiplies the learning rate of the backbone, such as 0.1; 0: its weights stay, its statistics move.",
  },
});
