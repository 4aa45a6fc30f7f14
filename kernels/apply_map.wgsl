// Y = map(X): writes out a per-channel map (batch norm and ReLU6) where a reader cannot apply it itself.
//
// x, y [ROWS, C]

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
  y_store(thread, x_value(thread, x_map(thread % C4)));
}
