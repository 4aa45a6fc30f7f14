// Packed 8-bit RGB to normalized f32 images of the network's size. Each image is cropped, resized, recolored and erased
// by its own row of parameters. For the result's pixel in row i and column j of image n:
//
//   u = u0 + su · j,  v = v0 + sv · i                 its position in the source; su < 0 mirrors
//   (c, a) = bilinear interpolation at (u, v) of (rgb, 1), which is (0, 0) outside the source
//   d = clamp(M · c + t · a, 0, 255 · a)              recolored: M is 3 × 3, t an offset, both in bytes
//   y = (d / 255 - mean · a) / deviation              so outside, a = 0, lies the mean color, y = 0
//   y = 0, or (NOISE) noise between 0 and 255, normalized   where top <= i < bottom and left <= j < right
//
// The last line is random erasing (Zhong et al., "Random Erasing Data Augmentation", 2017). Its noise comes from a
// counter, not from a state: pcg3d(j, i, seed) of Jarzynski & Olano, "Hash Functions for GPU Rendering", 2020.
//
// pixels     u32 words: N images of STRIDE_WORDS words, bytes row by row, red first, least significant byte first
// parameters [N, 21], padded to 24: u0, su, v0, sv | top, left, bottom, right | row of M and t for red | green | blue | seed
// color     [2, 3]: scale 1 / (255 · deviation), then offset -mean / deviation
// y          [N, H, W, 3]
//
// A thread computes four neighboring pixels. They read TAPS rows of WORDS words of the source, each once, as reads are
// what takes time on software adapters. TAPS is 1 if every (u, v) is a whole number.

fn pcg3d(input: vec3u) -> vec3u {
  var v = input * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  return v;
}

fn rgb(bits: u32) -> vec3f {
  return vec3f(f32(bits & 255u), f32((bits >> 8u) & 255u), f32((bits >> 16u) & 255u));
}

fn run(thread: u32) {
  let tiles = (W + 3u) / 4u;
  let j = (thread % tiles) * 4u;
  let i = thread / tiles % H;
  let n = thread / tiles / H;
  if (n >= N) { return; }

  let crop = parameters_load(n * 6u);
  let erased = parameters_load(n * 6u + 1u);
  let to_red = parameters_load(n * 6u + 2u);
  let to_green = parameters_load(n * 6u + 3u);
  let to_blue = parameters_load(n * 6u + 4u);
  let seed = u32(parameters_load(n * 6u + 5u).x);
  let scale = color_load(0u);
  let offset = color_load(1u);

  let v = fma(crop.w, f32(i), crop.z);
  let top = i32(floor(v));
  let down = v - floor(v);
  // The leftmost source pixel of the four; if mirrored, the last of the four reads it.
  let ends = fma(crop.yy, vec2f(f32(j), f32(j + 3u)), crop.xx);
  let first = i32(floor(min(ends.x, ends.y)));

  var words: array<u32, TAPS * WORDS + 1>;
  var start: array<i32, TAPS>; // bytes before the pixel `first` in its row's first word
  @unroll for (var r = 0; r < TAPS; r++) {
    let byte = ((top + r) * i32(SOURCE_W) + first) * 3;
    start[r] = byte & 3;
    @unroll for (var k = 0; k < WORDS; k++) {
      let word = clamp((byte >> 2u) + k, 0, i32(STRIDE_WORDS) - 1);
      words[r * WORDS + k] = pixels_at(n * STRIDE_WORDS + u32(word));
    }
  }

  for (var k = 0u; k < 4u; k++) {
    if (j + k < W) {
      let u = fma(crop.y, f32(j + k), crop.x);
      let left = i32(floor(u));
      let across = u - floor(u);
      var c = vec4f(0.0);
      @unroll for (var r = 0; r < TAPS; r++) {
        @unroll for (var s = 0; s < TAPS; s++) {
          let byte = start[r] + (left + s - first) * 3;
          let word = r * WORDS + (byte >> 2u);
          let shift = u32(byte & 3) * 8u;
          // A shift by 32 is not allowed, so by 31 and 1.
          let bits = (words[word] >> shift) | ((words[word + 1] << (31u - shift)) << 1u);
          let inside = (top + r >= 0) & (top + r < i32(SOURCE_H)) & (left + s >= 0) & (left + s < i32(SOURCE_W));
          let weight = abs(1.0 - f32(r) - down) * abs(1.0 - f32(s) - across);
          c += select(0.0, weight, inside) * vec4f(rgb(bits), 1.0);
        }
      }
      let recolored = vec3f(dot(to_red, c), dot(to_green, c), dot(to_blue, c));
      var y = fma(clamp(recolored, vec3f(0.0), vec3f(255.0 * c.w)), scale.xyz, offset.xyz * c.w);

      let here = vec2f(f32(i), f32(j + k));
      if (all(here >= erased.xy) && all(here < erased.zw)) {
        y = vec3f(0.0);
        if (NOISE == 1u) {
          y = fma(vec3f(pcg3d(vec3u(j + k, i, seed)) >> vec3u(24u)), scale.xyz, offset.xyz);
        }
      }
      y_store((n * H + i) * W + j + k, vec4f(y, 0.0));
    }
  }
}
