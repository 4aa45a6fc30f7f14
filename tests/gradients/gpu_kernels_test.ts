import { casesOfGpuKernels } from "./distinct_cases.ts";
import { testGradients } from "./gradient_table.ts";

testGradients(
  "with tensors in buffers and the kernels for GPUs",
  { storage: "buffer", kernels: "gpu" },
  "f32",
  await casesOfGpuKernels(),
);
