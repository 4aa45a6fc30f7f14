// Sum and maximum over the 64 lanes of a workgroup, by halves: always in the same order, the result in every lane.
//
//   lanes[i] = lanes[i] + lanes[i + width],   i < width = 32, 16, 8, 4, 2, 1;   the result is lanes[0]
//
// Stands in front of the kernels in which a workgroup reduces one row. All lanes must call these together.

var<workgroup> lanes: array<vec4f, 64>;

fn workgroup_sum(lane: u32, value: vec4f) -> vec4f {
  lanes[lane] = value;
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { lanes[lane] += lanes[lane + width]; }
    workgroupBarrier();
  }
  let total = lanes[0];
  workgroupBarrier();
  return total;
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
  lanes[lane] = vec4f(value);
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { lanes[lane] = max(lanes[lane], lanes[lane + width]); }
    workgroupBarrier();
  }
  let largest = lanes[0].x;
  workgroupBarrier();
  return largest;
}
