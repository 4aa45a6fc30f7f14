// A flag that a kernel sets when a number that it stores is NaN or infinite; stands in front of the kernel.
//
// non_finite[0] = 1 if there was such a number, unchanged otherwise
//
// Tests bits, as WGSL lets compilers assume that all numbers are finite. All threads that set the flag store the same
// value, so no atomics are needed.

// The exponent bits of a NaN or an infinite number are all ones.
const NON_FINITE = vec4u(0x7f800000u);

fn exponents(v: vec4f) -> vec4u { return bitcast<vec4u>(v) & NON_FINITE; }

// Takes the exponents of a vec4, or the maximum of the exponents of several.
fn flag_non_finite(e: vec4u) {
  if (any(e == NON_FINITE)) { non_finite_store(0u, vec4f(1.0, 0.0, 0.0, 0.0)); }
}
