// Gradient of the full convolution with respect to its input.
//
//   dx[n, i·STRIDE + u·DILATION - PAD_TOP, j·STRIDE + v·DILATION - PAD_LEFT, c] += sum_o w[u, v, c, o] · dy[n, i, j, o]
//
// dy [N, OH, OW, COUT]
// w  [KH, KW, CIN, COUT]  CIN is what dx has, or the channels of a group: then o runs over the outputs of c's group
// dx [N, H, W, X_C4]  vec4s
//
// A thread computes four channels of one pixel. A network's first layer never needs this.

override PAD_TOP: i32;
override PAD_LEFT: i32;
override KH: i32;
override KW: i32;
override STRIDE: i32;
override DILATION: i32;

fn run(thread: u32) {
  let c4 = thread % X_C4 % CIN4;
  let first_o4 = thread % X_C4 / CIN4 * GROUP_COUT4;
  let ix = i32(thread / X_C4 % W);
  let iy = i32(thread / X_C4 / W % H);
  let n = thread / X_C4 / W / H;
  if (n >= N) { return; }

  var sum = vec4f(0.0);
  for (var u = 0; u < KH; u++) {
    let y = iy + PAD_TOP - u * DILATION;
    for (var v = 0; v < KW; v++) {
      let x = ix + PAD_LEFT - v * DILATION;
      let fed = (y >= 0) & (x >= 0) & (y % STRIDE == 0) & (x % STRIDE == 0) &
        (y / STRIDE < i32(OH)) & (x / STRIDE < i32(OW));
      if (fed) {
        let pixel = (n * OH + u32(y / STRIDE)) * OW + u32(x / STRIDE);
        let tap = u32(u * KW + v) * CIN;
        for (var o4 = first_o4; o4 < first_o4 + GROUP_COUT4; o4++) {
          let g = dy_load(pixel * COUT4 + o4);
          for (var c = 0u; c < 4u; c++) {
            let channel = min(c4 * 4u + c, CIN - 1u);
            sum[c] += dot(g, w_load((tap + channel) * COUT4 + o4));
          }
        }
      }
    }
  }
  dx_store(thread, within(sum, c4, CIN));
}
