// Packed 8-bit RGB to normalized f32, each image mirrored or shifted by its own row of parameters.
//
//   y[n, i, j, c] = (rgb[n, i + dy, j' + dx, c] / 255 - mean[c]) / deviation[c],  j' = j or W - 1 - j (mirrored)
//   or 0, the mean color, outside the image
//
// pixels     u32 words: N images of STRIDE_WORDS words, bytes row by row, red first, least significant byte first
// transforms [N, 4] as u32 words: mirrored (0 or 1), dx and dy (two's complement), unused
// color     [2, 3]: scale 1 / (255 · deviation), then offset -mean / deviation
// y          [N, H, W, 3]
//
// A thread computes four neighboring pixels, which are neighbors in the source too: twelve bytes, cut out of four
// words with shifts.

fn word(image: u32, index: i32) -> u32 {
  return pixels_at(image * STRIDE_WORDS + u32(clamp(index, 0, i32(STRIDE_WORDS) - 1)));
}

fn byte(value: u32, index: u32) -> f32 {
  return f32((value >> (8u * index)) & 255u);
}

fn run(thread: u32) {
  let tiles = (W + 3u) / 4u;
  let j = (thread % tiles) * 4u;
  let i = thread / tiles % H;
  let n = thread / tiles / H;
  if (n >= N) { return; }

  let mirrored = transforms_at(n * 4u) == 1u;
  let dx = bitcast<i32>(transforms_at(n * 4u + 1u));
  let row = i32(i) + bitcast<i32>(transforms_at(n * 4u + 2u));
  // Column of the first of the four source pixels; mirrored, they come in reverse order.
  let column = select(i32(j), i32(W) - 4 - i32(j), mirrored) + dx;

  let first = (row * i32(W) + column) * 3;
  let shift = u32(first & 3) * 8u;
  let index = (first - (first & 3)) / 4;
  var w: array<u32, 4>;
  for (var k = 0; k < 4; k++) { w[k] = word(n, index + k); }
  var b: array<u32, 3>;
  for (var k = 0; k < 3; k++) {
    // A shift by 32 is not allowed, so by 31 and 1.
    b[k] = (w[k] >> shift) | ((w[k + 1] << (31u - shift)) << 1u);
  }
  var source: array<vec4f, 4>;
  source[0] = vec4f(byte(b[0], 0u), byte(b[0], 1u), byte(b[0], 2u), 0.0);
  source[1] = vec4f(byte(b[0], 3u), byte(b[1], 0u), byte(b[1], 1u), 0.0);
  source[2] = vec4f(byte(b[1], 2u), byte(b[1], 3u), byte(b[2], 0u), 0.0);
  source[3] = vec4f(byte(b[2], 1u), byte(b[2], 2u), byte(b[2], 3u), 0.0);

  let scale = color_load(0u);
  let offset = color_load(1u);
  for (var k = 0; k < 4; k++) {
    if (j + u32(k) < W) {
      let x = select(column + k, column + 3 - k, mirrored);
      let inside = (row >= 0) & (row < i32(H)) & (x >= 0) & (x < i32(W));
      let value = fma(select(source[k], source[3 - k], mirrored), scale, offset);
      y_store((n * H + i) * W + j + u32(k), select(vec4f(0.0), value, inside));
    }
  }
}
