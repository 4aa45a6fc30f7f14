// Y = f(A, B) elementwise, with broadcasting: see operands.wgsl. The table in binary.ts writes f.

fn value(i: u32, j: u32, k: u32, c4: u32) -> vec4f {
  return f(a_row(i, j, k, c4), b_row(i, j, k, c4));
}
