import { casesOfHalves } from "./distinct_cases.ts";
import { testGradients } from "./gradient_table.ts";

// Shapes in a uniform share pipelines, which takes a third of the time; textures_test.ts has them compiled in, too.
testGradients(
  "with activations as f16 in buffers",
  { storage: "buffer", constants: "uniform" },
  "f16",
  await casesOfHalves(),
);
