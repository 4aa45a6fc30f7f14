// How fast the adapter multiplies and adds: the roof under which every kernel that computes must stay.
//
//   for ROUNDS rounds, every one of 8 vec4s a_j = fma(a_j, scale, shift)
//
// seed [4]          the first values
// y [THREADS] vec4s the sum of the chains: without a result, compilers would drop the work
//
// The 8 chains do not depend on each other, so that the adapter's pipelines stay full; |scale| < 1 keeps the
// values finite. Written out rather than in an array: some compilers keep arrays in memory.

override THREADS: u32;
override ROUNDS: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  if (thread >= THREADS) { return; }
  let scale = seed_load(0u);
  let shift = scale + vec4f(f32(lane) * 0.001);
  var a0 = shift; var a1 = shift + 1.0; var a2 = shift + 2.0; var a3 = shift + 3.0;
  var a4 = shift + 4.0; var a5 = shift + 5.0; var a6 = shift + 6.0; var a7 = shift + 7.0;
  for (var round = 0u; round < ROUNDS; round++) {
    a0 = fma(a0, scale, shift); a1 = fma(a1, scale, shift); a2 = fma(a2, scale, shift); a3 = fma(a3, scale, shift);
    a4 = fma(a4, scale, shift); a5 = fma(a5, scale, shift); a6 = fma(a6, scale, shift); a7 = fma(a7, scale, shift);
  }
  y_store(thread, a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7);
}
