import { casesOfHalves } from "./distinct_cases.ts";
import { testGradients } from "./gradient_table.ts";

// Shapes in a uniform share pipelines, which takes a third of the time; textures_test.ts has them compiled in, too.
testGradients(
  "with activations as f16 in textures",
  { storage: "texture", constants: "uniform" },
  "f16",
  await casesOfHalves(),
);
