// dX = dY · f'(x) elementwise, where f' is computed from what the forward pass kept: s is y, or x where noted.
//
//   0 relu      1 where y > 0, else 0          3 log       1 / x           (s is x)
//   1 relu6     1 where 0 < y < 6, else 0      4 sqrt      1 / 2y, and 0 where y = 0
//   2 exp       y                              5 softplus  1 / (1 + e^-x)  (s is x)
//
// dy, s, dx [ROWS, CHANNELS]

override ROWS: u32;
override CHANNELS: u32;
override C4: u32;

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  let dy = dy_load(i);
  let s = s_load(i);
  let zero = vec4f(0.0);
  var dx: vec4f;
  switch (OPERATION) {
    case 0: { dx = select(zero, dy, s > zero); }
    case 1: { dx = select(zero, dy, (s > zero) & (s < vec4f(6.0))); }
    case 2: { dx = dy * s; }
    case 3: { dx = dy / s; }
    case 4: { dx = select(zero, 0.5 * dy / s, s > zero); }
    default: {
      // e^-|x| cannot overflow.
      let t = exp(-abs(s));
      dx = dy * select(t, vec4f(1.0), s >= zero) / (1.0 + t);
    }
  }
  dx_store(i, within(dx, i % C4, CHANNELS));
}
