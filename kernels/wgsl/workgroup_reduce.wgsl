// Sum and maximum over the 64 lanes of a workgroup, by halves: always in the same order, the result in every lane.
//
//   lanes[i] = lanes[i] + lanes[i + width],   i < width = 32, 16, 8, 4, 2, 1;   the result is lanes[0]
//
// Stands in front of the kernels in which a workgroup reduces one row. All lanes must call these together. The barrier before
// the write is for those that still read what it overwrites, and for drivers that set workgroup memory to zero when a
// workgroup starts, and let no thread wait until that is done (gfx-rs/wgpu#4591).

var<workgroup> lanes: array<vec4f, 64>;

fn workgroup_sum(lane: u32, value: vec4f) -> vec4f {
  workgroupBarrier();
  lanes[lane] = value;
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { lanes[lane] += lanes[lane + width]; }
    workgroupBarrier();
  }
  return lanes[0];
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
  workgroupBarrier();
  lanes[lane] = vec4f(value);
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { lanes[lane] = max(lanes[lane], lanes[lane + width]); }
    workgroupBarrier();
  }
  return lanes[0].x;
}
