// A view of X with other strides: permuted or flipped axes.
//
//   y[h, i, j, k, c] = x[OFFSET + h · S_H + i · S_I + j · S_J + k · S_K + c · S_C]
//
// x, y  [_, D1, D2, D3, CHANNELS] is the shape of y; offsets in x are counted in padded scalars, or in vec4s where the last axis
//       stays the last (WHOLE)

override OFFSET: i32;
override S_H: i32;
override S_I: i32;
override S_J: i32;
override S_K: i32;
override S_C: i32;

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  let row = thread / C4;
  let outer = row / D3 / D2;
  let start = OFFSET + i32(outer / D1) * S_H + i32(outer % D1) * S_I + i32(row / D3 % D2) * S_J + i32(row % D3) * S_K;
  if (WHOLE == 1) {
    y_store(thread, x_load(u32(start) + c4));
    return;
  }
  var y = vec4f(0.0);
  for (var element = 0u; element < 4u; element++) {
    let channel = c4 * 4u + element;
    if (channel < CHANNELS) { y[element] = x_at(u32(start + i32(channel) * S_C)); }
  }
  y_store(thread, y);
}
