// Distances of every row of A to every row of B through their inner products: for evaluation's large blocks.
//
//   squared    y[m, n] = max(|a[m]|² - 2 a[m]·b[n] + |b[n]|², 0)
//   euclidean  y[m, n] = its root
//   angular    y[m, n] = max(1 - a[m]·b[n] / (|a[m]| |b[n]|), 0), or 1 where one of the two is 0
//
// a [M, D],  b [N, D],  y [M, N]
//
// A thread keeps TILE_M by TILE_N products in registers and sums the rows' own squares on the way, in the same
// order, so that equal rows are exactly 0 apart (but nearly equal ones cancel: see distance.wgsl).

override M: u32;
override N: u32;
override N4: u32;
override D4: u32;

// Rows no longer than this have no direction.
const LEAST_LENGTH = 1e-12;

fn add_product(sum: f32, a: vec4f, b: vec4f) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

fn distance_of(product: f32, aa: f32, bb: f32) -> f32 {
  if (METRIC == 2) {
    let lengths = vec2f(sqrt(aa), sqrt(bb));
    let angular = max(1.0 - product / lengths.x / lengths.y, 0.0);
    return select(angular, 1.0, min(lengths.x, lengths.y) <= LEAST_LENGTH);
  }
  let squared = max((aa - product) + (bb - product), 0.0);
  if (METRIC == 1) { return select(sqrt(squared), 0.0, squared == 0.0); }
  return squared;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  let column_tiles = (N + u32(TILE_N) - 1u) / u32(TILE_N);
  let n = (thread % column_tiles) * u32(TILE_N);
  let m = (thread / column_tiles) * u32(TILE_M);
  if (m >= M) { return; }

  // Rows past an edge repeat the last one; their results are not stored.
  var rows: array<u32, TILE_M>;
  for (var r = 0; r < TILE_M; r++) { rows[r] = min(m + u32(r), M - 1u) * D4; }
  var columns: array<u32, TILE_N>;
  for (var c = 0; c < TILE_N; c++) { columns[c] = min(n + u32(c), N - 1u) * D4; }

  var products: array<f32, TILE_M * TILE_N>;
  var aa: array<f32, TILE_M>;
  var bb: array<f32, TILE_N>;
  for (var c4 = 0u; c4 < D4; c4++) {
    var b: array<vec4f, TILE_N>;
    for (var c = 0; c < TILE_N; c++) {
      b[c] = b_load(columns[c] + c4);
      bb[c] = add_product(bb[c], b[c], b[c]);
    }
    for (var r = 0; r < TILE_M; r++) {
      let a = a_load(rows[r] + c4);
      aa[r] = add_product(aa[r], a, a);
      for (var c = 0; c < TILE_N; c++) {
        products[r * TILE_N + c] = add_product(products[r * TILE_N + c], a, b[c]);
      }
    }
  }
  for (var r = 0; r < TILE_M; r++) {
    if (m + u32(r) < M) {
      for (var c = 0; c < TILE_N; c += 4) {
        let n4 = (n + u32(c)) / 4u;
        if (n4 < N4) {
          var y: vec4f;
          for (var k = 0; k < 4; k++) { y[k] = distance_of(products[r * TILE_N + c + k], aa[r], bb[c + k]); }
          y_store((m + u32(r)) * N4 + n4, within(y, n4, N));
        }
      }
    }
  }
}
