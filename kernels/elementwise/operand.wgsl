// An operand that broadcasts; binary.ts writes this in front of operands.wgsl for each one, under its name.
//
//   a_row(i, j, k, c4) = a[i · A_I + j · A_J + k · A_K, c4], strides in rows, 0 along axes that repeat
//
// With A_SPLAT, rows have one element, which repeats.

fn a_row(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  let row = i * A_I + j * A_J + k * A_K;
  if (A_SPLAT == 1) { return a_load(row).xxxx; }
  return a_load(row * C4 + c4);
}
