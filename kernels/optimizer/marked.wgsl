// Whether numbers are infinite or NaN, told by a mark that is the same whoever sets it: mark_0 = 1.
//
// mark [1], 0 before. Looks at the bits: WGSL lets compilers assume that there are no such numbers. As long as all is well
// nothing is stored.

const BROKEN = vec4u(0x7f800000u);

// The bits of exponents: as large as BROKEN where v is infinite or NaN, and never larger.
fn exponents(v: vec4f) -> vec4u { return bitcast<vec4u>(v) & BROKEN; }

fn mark_non_finite(e: vec4u) {
  if (any(e == BROKEN)) { mark_store(0u, vec4f(1.0, 0.0, 0.0, 0.0)); }
}
