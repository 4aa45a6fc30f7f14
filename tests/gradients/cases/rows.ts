/** Rows for softmax, normalization by row, dropout and what integers decide. */
import { exactly, type GradientCase, gradientCase, normal, normalAround, uniform } from "./gradient_case.ts";

const softmaxes: GradientCase[] = ([
  [[5], -1],
  [[1], 0],
  [[3, 1], -1],
  [[4, 7], -1],
  [[4, 7], 0],
  [[2, 3, 5], 1],
  [[2, 3, 4, 8], 3],
  [[2, 3, 4, 5], 0],
  [[3, 300], 1],
  [[70, 33], -1],
] as [number[], number][]).flatMap(([shape, axis]) =>
  (["softmax", "logSoftmax"] as const).map((op) =>
    gradientCase(op, [normal(shape, 2)], (ops, [x]) => ops[op](x, axis), { note: `along axis ${axis}` })
  )
);

const large: GradientCase[] = (["softmax", "logSoftmax"] as const).flatMap((op) => [
  gradientCase(op, [exactly([2, 3], [200, 201, 199, -200, -201, -199])], (ops, [x]) => ops[op](x), {
    note: "of large numbers",
  }),
  gradientCase(op, [normalAround(-90, [3, 5], 1)], (ops, [x]) => ops[op](x), {
    note: "below zeros that pad a row",
  }),
]);

const layerNorms: GradientCase[] = [[5], [3, 5], [4, 8], [2, 3, 7], [2, 3, 2, 16], [3, 300], [40, 33]]
  .flatMap((shape) => {
    const width = shape[shape.length - 1];
    return [
      gradientCase(
        "layerNorm",
        [normalAround(0.5, shape, 2), uniform(0.5, 2, [width]), normal([width])],
        (ops, [x, gamma, beta]) => ops.layerNorm(x, gamma, beta),
      ),
      gradientCase(
        "layerNorm",
        [normalAround(20, shape, 0.5), uniform(0.5, 2, [width]), normal([width])],
        (ops, [x, gamma, beta]) => ops.layerNorm(x, gamma, beta, { epsilon: 1e-2 }),
        { note: "of a mean far above the deviation" },
      ),
    ];
  });

const groupNorms: GradientCase[] = ([
  [[2, 3, 4, 6], 2],
  [[2, 3, 4, 6], 6],
  [[1, 4, 3, 8], 1],
  [[3, 2, 5, 8], 2],
  [[2, 5, 5, 33], 3],
] as [number[], number][]).map(([shape, groups]) =>
  gradientCase(
    "groupNorm",
    [normalAround(0.5, shape, 2), uniform(0.5, 2, [shape[3]]), normal([shape[3]])],
    (ops, [x, gamma, beta]) => ops.groupNorm(x, groups, gamma, beta),
    { note: `${groups} groups` },
  )
);

const dropouts: GradientCase[] = [[7], [3, 5], [2, 3, 4, 8], [50, 33]].flatMap((shape, i) =>
  [0.1, 0.5, 0].map((rate) =>
    gradientCase("dropout", [normal(shape)], (ops, [x], [key]) => ops.dropout(x, rate, key), {
      note: `rate ${rate}`,
      indices: [[i * 40503 + 17]],
    })
  )
);

const integers: GradientCase[] = [[2, 0, 1, 4], [0], [3, 3, 7]].flatMap((labels) => [
  gradientCase("oneHot", [normal([labels.length, 5])], (ops, [x], [y]) => ops.mul(x, ops.oneHot(y, 5)), {
    indices: [labels],
  }),
  gradientCase("toFloat", [normal([labels.length])], (ops, [x], [y]) => ops.mul(x, ops.toFloat(y)), {
    indices: [labels],
  }),
]);

const attention: GradientCase[] = ([[2, 5, 4, 3], [1, 8, 8, 2], [3, 7, 5, 1]] as const).map((
  [b, t, d, heads],
) =>
  gradientCase(
    "attention",
    [normal([b, t, 3 * heads * d])],
    (ops, [x]) => {
      const part = (i: number) =>
        ops.permute(ops.reshape(ops.slice(x, -1, i * heads * d, (i + 1) * heads * d), [b, t, heads, d]), [
          0,
          2,
          1,
          3,
        ]);
      const scores = ops.mul(ops.matmul(part(0), ops.permute(part(1), [0, 1, 3, 2])), 1 / Math.sqrt(d));
      return ops.reshape(ops.permute(ops.matmul(ops.softmax(scores), part(2)), [0, 2, 1, 3]), [
        b,
        t,
        heads * d,
      ]);
    },
    { note: `${heads} heads` },
  )
);

/** Rows for functions of rows. */
export const rowCases: GradientCase[] = [
  ...softmaxes,
  ...large,
  ...layerNorms,
  ...groupNorms,
  ...dropouts,
  ...integers,
  ...attention,
];
