// Y = X in another shape: the same elements in the same order, padded along the new last axis.
//
//   y[n] = x[n],   n the row-major number of an element
//
// x [_, X_CHANNELS]
// y [ROWS, CHANNELS]

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let first = thread / C4 * CHANNELS;
  var y = vec4f(0.0);
  for (var element = 0u; element < 4u; element++) {
    let channel = thread % C4 * 4u + element;
    if (channel < CHANNELS) {
      let n = first + channel;
      y[element] = x_at(n / X_CHANNELS * X_C4 * 4u + n % X_CHANNELS);
    }
  }
  y_store(thread, y);
}
