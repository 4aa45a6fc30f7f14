// Sums over a workgroup of LANE_ROWS × LANE_COLUMNS threads, neighboring ones in one row, whose lane columns belong together.
//
//   column_sum(v) = sum_r v[r, column],   always in the order of the rows
//
// Stands in front of kernels in which a lane column has four channels. All lanes must call this together.

var<workgroup> lane_values: array<vec4f, LANE_ROWS * LANE_COLUMNS>;

// The sum of all rows of a lane column, in each of them.
fn column_sum(lane: u32, value: vec4f) -> vec4f {
  workgroupBarrier(); // As in workgroup_reduce.wgsl.
  lane_values[lane] = value;
  workgroupBarrier();
  let column = lane % u32(LANE_COLUMNS);
  var total = vec4f(0.0);
  for (var row = 0u; row < u32(LANE_ROWS); row++) { total += lane_values[row * u32(LANE_COLUMNS) + column]; }
  return total;
}
