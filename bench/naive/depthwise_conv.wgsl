// The first rung: a depthwise 3×3 convolution of stride 1 as one would write it down. Each thread makes one vec4 of
// outputs, the least that can be stored, and reads its nine pixels from memory.
//
//   y[n, i, j, c] = sum_{u, v < 3} w[u, v, c] · x[n, i + u - 1, j + v - 1, c]
//
// x, y [N, H, W, C], zero outside the image; w [3, 3, C]; C a multiple of four

override N: u32;
override H: u32;
override W: u32;
override C4: u32;

fn run(thread: u32) {
  let c4 = thread % C4;
  let j = i32(thread / C4 % W);
  let i = i32(thread / C4 / W % H);
  let n = thread / C4 / W / H;
  if (n >= N) { return; }
  var sum = vec4f(0.0);
  for (var u = 0; u < 3; u++) {
    for (var v = 0; v < 3; v++) {
      let y = i + u - 1;
      let x = j + v - 1;
      if (y < 0 || y >= i32(H) || x < 0 || x >= i32(W)) { continue; }
      let pixel = (n * H + u32(y)) * W + u32(x);
      sum += w_load(u32(u * 3 + v) * C4 + c4) * x_load(pixel * C4 + c4);
    }
  }
  y_store(thread, sum);
}
