// Adds the partial sums of many results at once, for GPUs: the weight gradients of many layers, all in one buffer.
//
//   y[to + i] = sum_s partial[from + s · length + i]   for each result of `length` vec4s, always in the same order
//
// partial  the results' slices, one result after another
// y        where the results go, each to its own place
// jobs     six numbers a workgroup: from, length, slices, the columns of lanes, to, how many vec4s it computes
//
// A workgroup of 256 threads computes up to 256 neighboring vec4s. If a result has many slices it computes fewer: thread l
// then takes column l % columns and slices l / columns, that + 256 / columns, ..., four loads under way, and the threads of
// a column are added by halves.

var<workgroup> lane_values: array<vec4f, THREADS>;

fn run_group(id: u32, lane: u32) {
  if (id >= GROUPS) { return; } // Of the whole workgroup.
  let length = jobs_at(id * 6u + 1u);
  let slices = jobs_at(id * 6u + 2u);
  let columns = jobs_at(id * 6u + 3u);
  let count = jobs_at(id * 6u + 5u);
  let column = lane % columns;
  let rows = u32(THREADS) / columns;
  let start = jobs_at(id * 6u) + min(column, count - 1u);
  var sum = vec4f(0.0);
  for (var first = lane / columns; first < slices; first += 4u * rows) {
    @unroll for (var i = 0u; i < 4; i++) {
      // Past the end, the last slice repeats without weight.
      let slice = min(first + i * rows, slices - 1u);
      let weight = f32(first + i * rows < slices);
      sum = fma(vec4f(weight), partial_load(start + slice * length), sum);
    }
  }
  workgroupBarrier(); // As in workgroup_reduce.wgsl.
  lane_values[lane] = sum;
  workgroupBarrier();
  for (var width = u32(THREADS) / 2u; width >= u32(LEAST_COLUMNS); width >>= 1u) {
    if (width >= columns && lane < width) { lane_values[lane] += lane_values[lane + width]; }
    workgroupBarrier();
  }
  if (lane < columns && lane < count) { y_store(jobs_at(id * 6u + 4u) + lane, lane_values[lane]); }
}
