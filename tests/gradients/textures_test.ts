import { testGradients } from "./gradient_table.ts";

testGradients("with tensors in textures", { storage: "texture" });
