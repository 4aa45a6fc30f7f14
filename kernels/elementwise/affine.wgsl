// Y = factor · X + offset.
//
// x, y       [ROWS, CHANNELS]
// parameters [2]  factor, offset: data, so that all factors share one shader

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  let y = fma(x_load(i), vec4f(parameters_at(0u)), vec4f(parameters_at(1u)));
  y_store(i, within(y, i % C4, CHANNELS));
}
