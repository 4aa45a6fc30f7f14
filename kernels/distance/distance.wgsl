// Distances of every row of A to every row of B, from differences.
//
//   squared    y[m, n] = |a[m] - b[n]|²
//   euclidean  y[m, n] = |a[m] - b[n]|
//   angular    y[m, n] = |a[m] - b[n]|² / 2,  which is 1 - cosine; rows have length 1, or are 0 if a vector had
//                        no direction: y is 1 then, as for a right angle
//
// a [M, D],  b [N, D],  y [M, N]
//
// Unlike |a|² - 2 a·b + |b|² this does not cancel when embeddings are nearly equal, and equal rows are exactly 0
// apart. With SELF, a and b are the same and the diagonal is 0. A thread takes TILE_M rows of A by 4 of B.

fn squared_length(v: vec4f) -> f32 { return dot(v, v); }

fn run(thread: u32) {
  let n4 = thread % N4;
  let m = thread / N4 * u32(TILE_M);
  if (m >= M) { return; }

  // Rows past the end repeat the last one; their results are not stored.
  let n = min(vec4u(n4 * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(N - 1u));
  let columns = n * D4;
  var rows: array<u32, TILE_M>;
  for (var r = 0; r < TILE_M; r++) { rows[r] = min(m + u32(r), M - 1u) * D4; }

  var sum: array<vec4f, TILE_M>;
  var a_length: array<f32, TILE_M>;
  var b_length = vec4f(0.0);
  for (var c4 = 0u; c4 < D4; c4++) {
    let b0 = b_load(columns.x + c4);
    let b1 = b_load(columns.y + c4);
    let b2 = b_load(columns.z + c4);
    let b3 = b_load(columns.w + c4);
    if (METRIC == 2) {
      b_length += vec4f(squared_length(b0), squared_length(b1), squared_length(b2), squared_length(b3));
    }
    for (var r = 0; r < TILE_M; r++) {
      let a = a_load(rows[r] + c4);
      sum[r] += vec4f(
        squared_length(a - b0),
        squared_length(a - b1),
        squared_length(a - b2),
        squared_length(a - b3),
      );
      if (METRIC == 2) { a_length[r] += squared_length(a); }
    }
  }

  for (var r = 0; r < TILE_M; r++) {
    let row = m + u32(r);
    if (row < M) {
      var y = sum[r];
      if (METRIC == 1) { y = select(sqrt(y), vec4f(0.0), y == vec4f(0.0)); }
      if (METRIC == 2) {
        let without = (b_length == vec4f(0.0)) | vec4<bool>(a_length[r] == 0.0);
        y = select(0.5 * y, vec4f(1.0), without);
      }
      if (SELF == 1) { y = select(y, vec4f(0.0), n == vec4u(row)); }
      y_store(row * N4 + n4, within(y, n4, N));
    }
  }
}
