import { testGradients } from "./gradient_table.ts";

testGradients("with activations as f16 in buffers", { storage: "buffer" }, "f16");
