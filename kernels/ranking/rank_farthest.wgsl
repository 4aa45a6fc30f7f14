// The largest distance of every row; re-ranking divides the row by it.
//
//   farthest[q] = max_j distances[q, j]
//
// distances [Q, N]  none below 0; padding is 0
// farthest  [Q]     NaN if the row contains one
//
// Numbers of at least 0 have the same order as their bits, and NaN comes after all of them. So the bits are compared, as
// compilers may assume that no number is NaN.
//
// A workgroup takes four rows, the four of one vec4 of the result; its lanes read neighboring vec4s of a row.

var<workgroup> largest: array<vec4u, 64>;

fn row_largest(lane: u32, q: u32) -> u32 {
  var bits = vec4u(0u);
  for (var c4 = lane; c4 < N4; c4 += 64u) {
    bits = max(bits, bitcast<vec4u>(distances_load(q * N4 + c4)) & vec4u(0x7fffffffu));
  }
  return max(max(bits.x, bits.y), max(bits.z, bits.w));
}

fn run_group(q4: u32, lane: u32) {
  if (q4 * 4u >= Q) { return; }
  let last = vec4u(Q - 1u);
  let q = min(vec4u(q4 * 4u) + vec4u(0u, 1u, 2u, 3u), last);
  workgroupBarrier(); // As in workgroup_reduce.wgsl.
  largest[lane] = vec4u(row_largest(lane, q.x), row_largest(lane, q.y), row_largest(lane, q.z), row_largest(lane, q.w));
  workgroupBarrier();
  for (var width = 32u; width > 0u; width >>= 1u) {
    if (lane < width) { largest[lane] = max(largest[lane], largest[lane + width]); }
    workgroupBarrier();
  }
  if (lane == 0u) { farthest_store(q4, within(bitcast<vec4f>(largest[0]), q4, Q)); }
}
