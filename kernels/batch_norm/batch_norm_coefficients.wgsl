// The second half of batch norm in training: merges the slices' statistics (Chan et al. 1979) and computes scale and
// shift.
//
//   of two sets: count = n + n',  mean = (n · mean + n' · mean') / count,  m2 = m2 + m2' + (mean' - mean)² · n · n' / count
//
// partial [SLICES, 2, C]  from batch_norm_statistics.wgsl
// The rest is in batch_norm_prologue.wgsl, which stands before this.

fn run(c4: u32) {
  if (c4 >= C4) { return; }
  var count = f32(min(SLICE_ROWS, ROWS));
  var mean = partial_load(c4);
  var m2 = partial_load(C4 + c4);
  for (var s = 1u; s < SLICES; s++) {
    let n = f32(min(SLICE_ROWS, ROWS - s * SLICE_ROWS));
    let d = partial_load(s * 2u * C4 + c4) - mean;
    m2 += partial_load((s * 2u + 1u) * C4 + c4) + d * d * (count * n / (count + n));
    mean += d * (n / (count + n));
    count += n;
  }
  store_prologue(c4, count, mean, m2);
}
