// The weights of row differences in the gradient of distances: the first half of the backward pass.
//
//   weights[i, j] = g[i, j] · f(y[i, j])          FORM 0: for the gradient of the rows of A
//   weights[i, j] = g[j, i] · f(y[j, i])          FORM 1: for the gradient of the rows of B
//   weights[i, j] = (g[i, j] + g[j, i]) · f(y[i, j])   FORM 2: both at once, where A is B
//
//   f(y) = 2 (squared),  1 / y, or 0 where y is 0 (euclidean),  1 (angular, of unit rows)
//
// y, dy   [M, N]  distances and their gradient g; N4 vec4s in a row
// weights [ROWS, COLUMNS]: [M, N], transposed in form 1

fn weight(g: f32, y: f32) -> f32 {
  if (METRIC == 0) { return 2.0 * g; }
  if (METRIC == 1) { return select(g / y, 0.0, y == 0.0); }
  return g;
}

fn weight_at(i: u32, j: u32) -> f32 {
  if (FORM == 1) {
    let transposed = j * N4 * 4u + i;
    return weight(dy_at(transposed), y_at(transposed));
  }
  let direct = i * N4 * 4u + j;
  if (FORM == 2) { return weight(dy_at(direct) + dy_at(j * N4 * 4u + i), y_at(direct)); }
  return weight(dy_at(direct), y_at(direct));
}

fn run(thread: u32) {
  if (thread >= ROWS * COLUMNS4) { return; }
  let i = thread / COLUMNS4;
  let j4 = thread % COLUMNS4;
  let j = min(vec4u(j4 * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(COLUMNS - 1u));
  let w = vec4f(weight_at(i, j.x), weight_at(i, j.y), weight_at(i, j.z), weight_at(i, j.w));
  weights_store(thread, within(w, j4, COLUMNS));
}
