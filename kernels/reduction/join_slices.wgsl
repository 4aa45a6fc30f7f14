// How a workgroup joins what slices have left, on a GPU: THREADS threads for JOIN_COLUMNS neighboring vec4s of the result, so
// that they read whole sectors of memory. The threads of a column are added by halves, always in the same order.
//
//   column_sum(v) = sum_l v_l,   l = lane % JOIN_COLUMNS, that + JOIN_COLUMNS, ...
//
// Stands in front of the kernels that read the slices. Thread l takes slices l / JOIN_COLUMNS, that + JOIN_ROWS, ..., four
// at a time: it waits for memory once for all four.

var<workgroup> lane_values: array<vec4f, THREADS>;

// The sum of a column, in all of its lanes; all lanes must call this together.
fn column_sum(lane: u32, value: vec4f) -> vec4f {
  workgroupBarrier(); // As in workgroup_reduce.wgsl.
  lane_values[lane] = value;
  workgroupBarrier();
  for (var width = u32(THREADS) / 2u; width >= u32(JOIN_COLUMNS); width >>= 1u) {
    if (lane < width) { lane_values[lane] += lane_values[lane + width]; }
    workgroupBarrier();
  }
  return lane_values[lane % u32(JOIN_COLUMNS)];
}
