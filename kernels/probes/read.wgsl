// How fast a kernel reads memory when it writes next to nothing, as reductions do.
//
//   y[t] = sum_j x[t + j·THREADS]
//
// x [LENGTH4] vec4s;  y [THREADS] vec4s
//
// Neighbouring threads read neighbouring vec4s, and four sums keep four loads under way.

override LENGTH4: u32;
override THREADS: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  if (thread >= THREADS) { return; }
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  var c = vec4f(0.0);
  var d = vec4f(0.0);
  for (var i = thread; i + 3u * THREADS < LENGTH4; i += 4u * THREADS) {
    a += x_load(i);
    b += x_load(i + THREADS);
    c += x_load(i + 2u * THREADS);
    d += x_load(i + 3u * THREADS);
  }
  y_store(thread, a + b + c + d);
}
