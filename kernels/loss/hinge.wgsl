// The hinge of a triplet, its derivative (slope), and whether it is active. Stands in front of the kernels that need it.
//
//   x = d(a, p) - d(a, n);   hinge(x) = max(0, x + MARGIN), or log(1 + e^x) with SOFT_MARGIN
//   slope(x) = hinge'(x):    1 where x + MARGIN > 0, else 0;  with SOFT_MARGIN 1 / (1 + e^-x)
//   is_active(x):               x + MARGIN > 0;                  with SOFT_MARGIN x > 0
//
// NaN stays NaN: max(0, x) is written as (x + |x|) / 2, as max() may lose it.

override MARGIN: f32;

fn positive_part(x: vec4f) -> vec4f { return 0.5 * (x + abs(x)); }

fn hinge(x: vec4f) -> vec4f {
  if (SOFT_MARGIN == 0) { return positive_part(x + vec4f(MARGIN)); }
  // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), by its series if 1 + e^-|x| would round.
  let e = exp(-abs(x));
  return positive_part(x) + select(log(1.0 + e), e * (1.0 - 0.5 * e), e < vec4f(1e-3));
}

fn slope(x: vec4f) -> vec4f {
  if (SOFT_MARGIN == 0) { return select(vec4f(0.0), vec4f(1.0), x + vec4f(MARGIN) > vec4f(0.0)); }
  let e = exp(-abs(x));
  return select(e, vec4f(1.0), x > vec4f(0.0)) / (1.0 + e);
}

fn is_active(x: vec4f) -> vec4<bool> {
  return select(x + vec4f(MARGIN), x, SOFT_MARGIN == 1) > vec4f(0.0);
}
