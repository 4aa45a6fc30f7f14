import { testGradients } from "./gradient_table.ts";

testGradients("with tensors in buffers and the kernels for GPUs", { storage: "buffer", kernels: "gpu" });
