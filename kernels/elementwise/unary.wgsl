// Y = f(X) elementwise, where f is one of
//
//   0 relu      max(x, 0)                 3 log       natural logarithm
//   1 relu6     min(max(x, 0), 6)         4 sqrt      square root
//   2 exp       e^x                       5 softplus  log(1 + e^x)
//
// x, y [ROWS, CHANNELS]

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;

// log(1 + t) for 0 <= t <= 1, accurate also for small t, which 1 + t would round away:
// 2 artanh(z) with z = t / (2 + t) <= 1/3, as its power series up to z^15.
fn log1p(t: vec4f) -> vec4f {
  let z = t / (t + 2.0);
  let q = z * z;
  var series = vec4f(1.0 / 15.0);
  for (var n = 13; n >= 1; n -= 2) { series = fma(series, q, vec4f(1.0 / f32(n))); }
  return 2.0 * z * series;
}

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  let x = x_load(i);
  var y: vec4f;
  switch (OPERATION) {
    case 0: { y = max(x, vec4f(0.0)); }
    case 1: { y = clamp(x, vec4f(0.0), vec4f(6.0)); }
    case 2: { y = exp(x); }
    case 3: { y = log(x); }
    case 4: { y = sqrt(x); }
    default: { y = max(x, vec4f(0.0)) + log1p(exp(-abs(x))); }
  }
  y_store(i, within(y, i % C4, CHANNELS));
}
