/** The smallest case of each op of the gradient table, in the adapter's usual storage, for `deno task test:quick`. */
import { allCases } from "../gradients/cases/all_cases.ts";
import type { GradientCase } from "../gradients/cases/gradient_case.ts";
import { testGradients } from "../gradients/gradient_table.ts";

const elements = ({ inputs }: GradientCase) =>
  inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

/** Cases without axes of one element and without kinks test more than others. */
const isUsual = ({ inputs, atKink }: GradientCase) =>
  !atKink && inputs.every(({ shape }) => shape.every((size) => size > 1));

const smallest = [...Map.groupBy(allCases, ({ op }) => op).values()].map((cases) => {
  const usual = cases.filter(isUsual);
  return (usual.length > 0 ? usual : cases).toSorted((a, b) => elements(a) - elements(b))[0];
});

testGradients("smallest cases", {}, "f32", smallest);
