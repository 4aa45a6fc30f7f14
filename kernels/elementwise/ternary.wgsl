// Y = f(A, B, C) elementwise, with broadcasting: see operands.wgsl. The table in binary.ts writes f.

fn c_row(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  let row = i * C_I + j * C_J + k * C_K;
  if (C_SPLAT == 1) { return c_load(row).xxxx; }
  return c_load(row * C4 + c4);
}

fn value(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  return f(a_row(i, j, k, c4), b_row(i, j, k, c4), c_row(i, j, k, c4));
}
