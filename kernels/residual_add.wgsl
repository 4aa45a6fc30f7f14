// Y = map_a(A) + map_b(B): the end of a residual block, where both sides may still have a batch norm to apply.
//
// a, b, y [ROWS, C]

override ROWS: u32;
override C4: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  if (thread >= ROWS * C4) { return; }
  let c4 = thread % C4;
  y_store(thread, a_value(thread, a_map(c4)) + b_value(thread, b_map(c4)));
}
