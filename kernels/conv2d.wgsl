// Full 2-D convolution, NHWC, as a matrix product whose left operand is gathered on the fly (implicit im2col).
// MobileNetV2 needs it once: the 3×3 stem over three input channels.
//
//   y[n, i, j, o] = sum_{u, v, c} w[u, v, c, o] · x[n, i·STRIDE + u - PAD_TOP, j·STRIDE + v - PAD_LEFT, c]
//
// x [N, H, W, CIN]  zero outside the image
// w [KH, KW, CIN, COUT]
// y [N, OH, OW, COUT]
//
// A thread computes TILE_W neighbouring pixels of a row for TILE_O4 vec4s of output channels.

override N: u32;
override H: u32;
override W: u32;
override CIN: u32;
override CIN4: u32;
override COUT4: u32;
override OH: u32;
override OW: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  let tiles_o = (COUT4 + u32(TILE_O4) - 1u) / u32(TILE_O4);
  let tiles_w = (OW + u32(TILE_W) - 1u) / u32(TILE_W);
  let o4 = (thread % tiles_o) * u32(TILE_O4);
  let tile = thread / tiles_o;
  let ox = (tile % tiles_w) * u32(TILE_W);
  let oy = tile / tiles_w % OH;
  let n = tile / tiles_w / OH;
  if (n >= N) { return; }

  var sum: array<vec4f, TILE_W * TILE_O4>;
  for (var u = 0; u < KH; u++) {
    let iy = i32(oy) * STRIDE + u - PAD_TOP;
    let row = (n * H + u32(clamp(iy, 0, i32(H) - 1))) * W;
    for (var v = 0; v < KW; v++) {
      for (var c4 = 0u; c4 < CIN4; c4++) {
        var w: array<vec4f, 4 * TILE_O4>;
        for (var c = 0; c < 4; c++) {
          // Past the last input channel x is zero, so any weight will do.
          let channel = min(c4 * 4u + u32(c), CIN - 1u);
          let base = (u32(u * KW + v) * CIN + channel) * COUT4;
          for (var o = 0; o < TILE_O4; o++) { w[c * TILE_O4 + o] = w_load(base + min(o4 + u32(o), COUT4 - 1u)); }
        }
        for (var j = 0; j < TILE_W; j++) {
          let ix = (i32(ox) + j) * STRIDE + v - PAD_LEFT;
          let inside = iy >= 0 && iy < i32(H) && ix >= 0 && ix < i32(W);
          let pixel = row + u32(clamp(ix, 0, i32(W) - 1));
          let x = select(vec4f(0.0), x_load(pixel * CIN4 + c4), inside);
          for (var o = 0; o < TILE_O4; o++) {
            var s = sum[j * TILE_O4 + o];
            s = fma(x.xxxx, w[o], s);
            s = fma(x.yyyy, w[TILE_O4 + o], s);
            s = fma(x.zzzz, w[2 * TILE_O4 + o], s);
            s = fma(x.wwww, w[3 * TILE_O4 + o], s);
            sum[j * TILE_O4 + o] = s;
          }
        }
      }
    }
  }
  for (var j = 0; j < TILE_W; j++) {
    if (ox + u32(j) < OW) {
      for (var o = 0; o < TILE_O4; o++) {
        if (o4 + u32(o) < COUT4) {
          y_store(((n * OH + oy) * OW + ox + u32(j)) * COUT4 + o4 + u32(o), sum[j * TILE_O4 + o]);
        }
      }
    }
  }
}
