// Per-channel moments of some rows: stands in front of the kernels of batch norm that read the tensor.
//
//   mean[c] = sum_r x[r, c] / n,   m2[c] = sum_r (x[r, c] - mean[c])²,   r from `first` to `last` - 1
//
// x [ROWS, C]
//
// Sums are taken of x minus the first row, so that a large mean does not cancel the variance away.

struct Moments { mean: vec4f, m2: vec4f }

fn moments_of(c4: u32, first: u32, last: u32) -> Moments {
  let origin = x_load(first * C4 + c4);
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  var d: array<vec4f, 4>;
  for (var row = first; row < last; row += 4u) {
    @unroll for (var r = 0u; r < 4; r++) {
      // Past the end, the first row repeats: it adds nothing.
      d[r] = x_load(select(first, row + r, row + r < last) * C4 + c4) - origin;
    }
    sum += (d[0] + d[1]) + (d[2] + d[3]);
    squares += fma(d[0], d[0], d[1] * d[1]) + fma(d[2], d[2], d[3] * d[3]);
  }
  let mean = sum / f32(last - first);
  return Moments(origin + mean, max(squares - sum * mean, vec4f(0.0)));
}
