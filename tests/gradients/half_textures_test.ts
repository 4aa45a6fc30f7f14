import { testGradients } from "./gradient_table.ts";

testGradients("with activations as f16 in textures", { storage: "texture" }, "f16");
