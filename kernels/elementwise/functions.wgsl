// Functions that WGSL lacks, or whose built-in fails for some numbers:
//
//   log1p(t) = log(1 + t),   logistic(x) = 1 / (1 + e^-x),   erf(x) = 2/√π · ∫ e^-t² dt from 0 to x,   power(a, b) = a^b
//
// They stand in front of unary.wgsl and operands.wgsl.

// log(1 + t) for 0 <= t <= 1, accurate also for small t, which 1 + t would round away:
// 2 artanh(z) with z = t / (2 + t) <= 1/3, as its power series up to z^15.
fn log1p(t: vec4f) -> vec4f {
  let z = t / (t + 2.0);
  let q = z * z;
  var series = vec4f(1.0 / 15.0);
  for (var n = 13; n >= 1; n -= 2) { series = fma(series, q, vec4f(1.0 / f32(n))); }
  return 2.0 * z * series;
}

// 1 / (1 + e^-x). e^-|x| cannot overflow.
fn logistic(x: vec4f) -> vec4f {
  let t = exp(-abs(x));
  return select(t, vec4f(1.0), x >= vec4f(0.0)) / (1.0 + t);
}

// The error function, off by at most 1.5e-7: Abramowitz and Stegun 1964, 7.1.26.
fn erf(x: vec4f) -> vec4f {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  var series = vec4f(1.061405429);
  series = fma(series, t, vec4f(-1.453152027));
  series = fma(series, t, vec4f(1.421413741));
  series = fma(series, t, vec4f(-0.284496736));
  series = fma(series, t, vec4f(0.254829592));
  return sign(x) * (1.0 - series * t * exp(-x * x));
}

// The share of a standard normal distribution below x, and its density at x.
fn normal_share(x: vec4f) -> vec4f { return 0.5 + 0.5 * erf(x * 0.70710678); }
fn normal_density(x: vec4f) -> vec4f { return 0.39894228 * exp(-0.5 * x * x); }

// tanh(x); the built-in may divide infinity by infinity where |x| is large, and 1 is the nearest f32 from 10 on.
fn bounded_tanh(x: vec4f) -> vec4f {
  return tanh(select(x, 10.0 * sign(x), abs(x) > vec4f(10.0)));
}

// a^b. The built-in takes no negative base: (-2)^3 is -8, (-2)^0.5 is NaN. a^0 is 1 for every a.
fn power(a: vec4f, b: vec4f) -> vec4f {
  let negative = a < vec4f(0.0);
  let whole = floor(b) == b;
  let odd = fract(0.5 * b) != vec4f(0.0);
  let size = pow(abs(a), b);
  let nan = bitcast<vec4f>(bitcast<vec4u>(a) | vec4u(0x7fc00000u));
  let signed = select(size, select(nan, select(size, -size, odd), whole), negative);
  return select(select(signed, nan, is_nan(a)), vec4f(1.0), b == vec4f(0.0));
}
