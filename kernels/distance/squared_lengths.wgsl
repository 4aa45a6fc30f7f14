// Squared lengths of rows, summed in the order of a matrix product.
//
//   y[r] = |x[r]|²
//
// x [ROWS, D],  y [ROWS].  A thread takes four rows.

fn run(row4: u32) {
  if (row4 >= ROWS4) { return; }
  let rows = min(vec4u(row4 * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(ROWS - 1u)) * D4;
  var sum = vec4f(0.0);
  for (var c4 = 0u; c4 < D4; c4++) {
    let x0 = x_load(rows.x + c4);
    let x1 = x_load(rows.y + c4);
    let x2 = x_load(rows.z + c4);
    let x3 = x_load(rows.w + c4);
    for (var k = 0; k < 4; k++) {
      let x = vec4f(x0[k], x1[k], x2[k], x3[k]);
      sum = fma(x, x, sum);
    }
  }
  y_store(row4, within(sum, row4, ROWS));
}
