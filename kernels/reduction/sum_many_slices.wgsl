// Adds many partial sums of a short result: a workgroup of 64 threads computes one vec4 of it. On a GPU, a single thread
// that adds a thousand slices waits for memory a thousand times while most of the adapter is idle.
//
//   y[i] = sum_s partial[s, i]   lane l takes s = l, l + 64, ..., then the lanes' sums are added by halves
//
// partial [SLICES, LENGTH4] vec4s
// y       [LENGTH4] vec4s
//
// Stands after workgroup_reduce.wgsl.

fn run_group(i: u32, lane: u32) {
  if (i >= LENGTH4) { return; } // Of the whole workgroup.
  var sum = vec4f(0.0);
  for (var s = lane; s < SLICES; s += 64u) { sum += partial_load(s * LENGTH4 + i); }
  let total = workgroup_sum(lane, sum);
  if (lane == 0u) { y_store(i, total); }
}
