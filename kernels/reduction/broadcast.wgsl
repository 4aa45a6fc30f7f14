// The gradient of a sum: every element gets the gradient of the sum that it was added to.
//
//   dx[i, j, k, c] = dy[the axes that stayed]
//
// dy  in the sum's shape;  dx [ROWS / (D1·D2), D1, D2, CHANNELS]
//
// S_I, S_J, S_K are strides in dy, 0 along axes that were summed: in vec4s if the last axis stayed, in padded
// scalars if it was summed, too (SPLAT).

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  let row = thread / C4;
  let index = (row / D2 / D1) * S_I + (row / D2 % D1) * S_J + (row % D2) * S_K;
  if (SPLAT == 1) {
    dx_store(thread, within(vec4f(dy_at(index)), c4, CHANNELS));
  } else {
    dx_store(thread, dy_load(index + c4));
  }
}
