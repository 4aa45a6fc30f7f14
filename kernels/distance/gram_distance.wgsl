// Distances of every row of A to every row of B from their inner products: for evaluation's large blocks.
//
//   squared    y[m, n] = max(|a[m]|² - 2 product[m, n] + |b[n]|², 0)
//   euclidean  y[m, n] = its root
//   angular    y[m, n] = max(1 - product[m, n] / (|a[m]| |b[n]|), 0), or 1 where one of the two is 0
//
// product, y [M, N]  product = A Bᵀ
// aa [M],  bb [N]    squared lengths

// Rows of at most this length have no direction.
const LEAST_LENGTH = 1e-12;

// A comparison rather than max(): it lets NaN through, so that non-finite numbers stay visible.
fn clear_below_zero(v: vec4f) -> vec4f {
  return select(v, vec4f(0.0), v < vec4f(0.0));
}

fn run(thread: u32) {
  if (thread >= M * N4) { return; }
  let n4 = thread % N4;
  let product = product_load(thread);
  let aa = vec4f(aa_at(thread / N4));
  let bb = bb_load(n4);
  var y: vec4f;
  if (METRIC == 2) {
    let a = sqrt(aa);
    let b = sqrt(bb);
    y = clear_below_zero(1.0 - product / a / b);
    y = select(y, vec4f(1.0), min(a, b) <= vec4f(LEAST_LENGTH));
  } else {
    y = clear_below_zero((aa - product) + (bb - product));
    if (METRIC == 1) { y = select(sqrt(y), vec4f(0.0), y == vec4f(0.0)); }
  }
  y_store(thread, within(y, n4, N));
}
