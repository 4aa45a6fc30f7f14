import { testGradients } from "./gradient_table.ts";

testGradients("with tensors in buffers", { storage: "buffer" });
