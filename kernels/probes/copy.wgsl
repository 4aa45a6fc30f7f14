// How fast a kernel moves memory: every vec4 is read once and written once, as elementwise kernels do.
//
//   y[i] = x[i]
//
// x, y [LENGTH4] vec4s

override LENGTH4: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = flat_thread(group, groups, lane);
  if (i >= LENGTH4) { return; }
  y_store(i, x_load(i));
}
