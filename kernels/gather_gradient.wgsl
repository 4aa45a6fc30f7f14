// The gradient of gather: a row's gradients add up over the places it was gathered to, in their order.
//
//   dx[r, i] = sum_{n: indices[n] = r} dy[n, i]
//
// dy      [COUNT, ROW4]  vec4s
// indices [COUNT]        u32
// dx      [ROWS, ROW4]

override ROWS: u32;
override ROW4: u32;
override COUNT: u32;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let thread = flat_thread(group, groups, lane);
  if (thread >= ROWS * ROW4) { return; }
  let row = thread / ROW4;
  let i = thread % ROW4;
  var sum = vec4f(0.0);
  for (var n = 0u; n < COUNT; n++) {
    if (indices_at(n) == row) { sum += dy_load(n * ROW4 + i); }
  }
  dx_store(thread, sum);
}
