// Gradient of the mean over all pixels: every pixel gets an equal share.
//
//   dx[n, p, c] = dy[n, c] / PIXELS
//
// dy [N, C]
// dx [N, PIXELS, C]

override N: u32;
override PIXELS: u32;
override C4: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  if (thread >= N * PIXELS * C4) { return; }
  dx_store(thread, dy_load(thread / C4 / PIXELS * C4 + thread % C4) / f32(PIXELS));
}
