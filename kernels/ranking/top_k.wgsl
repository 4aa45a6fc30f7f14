// The K smallest distances of every row, smallest first; ties go to the lowest index.
//
//   nearest[q, k] = argmin_j distances[q, j]  over  j < valid[0], j not in nearest[q, < k]
//
// distances [Q, N]  none below 0
// valid     [1]     u32, at most N: the number of columns that are in use
// nearest   [Q, K]  u32; NONE if there are no more
//
// A distance that is NaN comes before all others, so that it can be noticed.
//
// A workgroup takes a query. The bits of numbers that are not negative have the order of the numbers, so the K-th
// smallest is found digit by digit in base 256, the highest first: the workgroup counts how often each digit occurs among
// the columns that share all digits before it (radix select; for GPUs: Alabi, Blanchard, Gordon and Steinbach 2012). If
// more columns tie than there are slots left, the digits of their indices decide. The columns up to the K-th are then
// collected in any order, and sorted by a bitonic network (Batcher 1968) of SLOTS, a power of two of at least K.
//
// Counting is slow, so most columns are excluded beforehand: each lane finds its nearest column, and the largest of these
// distances bounds the K nearest, if K is at most the number of lanes.

const NONE = 0xffffffffu;
const LANES = u32(THREADS);

// Ordered by `key`, ties by `index`.
struct Column { key: u32, index: u32 }

// No key among the K smallest is larger.
var<workgroup> bound: atomic<u32>;
var<workgroup> counts: array<atomic<u32>, 256>;
var<workgroup> sums: array<u32, 16>;
// The digits of the K-th column that are known so far: where `known` has ones.
var<workgroup> last: Column;
var<workgroup> known: Column;
// Slots left for the columns that share these digits, and whether there are no more columns than slots.
var<workgroup> left: u32;
var<workgroup> settled: u32;
var<workgroup> taken: atomic<u32>;
var<workgroup> slots: array<Column, SLOTS>;

// By its bits: compilers may assume that no number is NaN.
fn keys(distances: vec4f) -> vec4u {
  let bits = bitcast<vec4u>(distances) & vec4u(0x7fffffffu);
  return select(bits + vec4u(1u), vec4u(0u), bits > vec4u(0x7f800000u));
}

fn before(a: Column, b: Column) -> bool {
  return a.key < b.key || (a.key == b.key && a.index < b.index);
}

fn masked(column: Column, mask: Column) -> Column {
  return Column(column.key & mask.key, column.index & mask.index);
}

fn digit_of(column: Column, digit: u32) -> u32 {
  return (select(column.index, column.key, digit < 4u) >> (24u - 8u * (digit & 3u))) & 255u;
}

// Finds the K-th column's digit from the counts of all digits, and its rank among those that share it.
fn choose_digit(digit: u32) {
  var chosen = 0u;
  for (; chosen < 240u && sums[chosen / 16u] < left; chosen += 16u) { left -= sums[chosen / 16u]; }
  for (; chosen < 255u && atomicLoad(&counts[chosen]) < left; chosen++) { left -= atomicLoad(&counts[chosen]); }
  let shift = 24u - 8u * (digit & 3u);
  if (digit < 4u) {
    last.key |= chosen << shift;
    known.key |= 255u << shift;
  } else {
    last.index |= chosen << shift;
    known.index |= 255u << shift;
  }
  settled = u32(atomicLoad(&counts[chosen]) == left);
}

// The smallest key of those that a lane takes, of the first `end` columns of row q.
fn least_key(lane: u32, q: u32, end: u32) -> u32 {
  var least = vec4u(NONE);
  for (var c4 = lane; c4 * 4u < end; c4 += LANES) {
    let column = vec4u(c4 * 4u) + vec4u(0u, 1u, 2u, 3u);
    least = min(least, select(vec4u(NONE), keys(distances_load(q * N4 + c4)), column < vec4u(end)));
  }
  return min(min(least.x, least.y), min(least.z, least.w));
}

fn count_digits(lane: u32, q: u32, end: u32, digit: u32) {
  let most = atomicLoad(&bound);
  let mask = known;
  let agreed = last;
  for (var c4 = lane; c4 * 4u < end; c4 += LANES) {
    let key = keys(distances_load(q * N4 + c4));
    if (all(key > vec4u(most))) { continue; }
    for (var c = 0u; c < 4u; c++) {
      let column = Column(key[c], c4 * 4u + c);
      let agrees = masked(column, mask);
      if (key[c] <= most && column.index < end && agrees.key == agreed.key && agrees.index == agreed.index) {
        atomicAdd(&counts[digit_of(column, digit)], 1u);
      }
    }
  }
}

fn collect(lane: u32, q: u32, end: u32) {
  let most = atomicLoad(&bound);
  let mask = known;
  let agreed = last;
  for (var c4 = lane; c4 * 4u < end; c4 += LANES) {
    let key = keys(distances_load(q * N4 + c4));
    if (all(key > vec4u(most))) { continue; }
    for (var c = 0u; c < 4u; c++) {
      let column = Column(key[c], c4 * 4u + c);
      if (column.index < end && !before(agreed, masked(column, mask))) {
        let slot = atomicAdd(&taken, 1u);
        if (slot < K) { slots[slot] = column; }
      }
    }
  }
}

fn sort(lane: u32) {
  for (var width = 2u; width <= u32(SLOTS); width <<= 1u) {
    for (var stride = width >> 1u; stride > 0u; stride >>= 1u) {
      for (var pair = lane; pair < u32(SLOTS) / 2u; pair += LANES) {
        let low = 2u * pair - (pair & (stride - 1u));
        let a = slots[low];
        let b = slots[low + stride];
        let rising = (low & width) == 0u;
        if (before(b, a) == rising) {
          slots[low] = b;
          slots[low + stride] = a;
        }
      }
      workgroupBarrier();
    }
  }
}

fn run_group(q: u32, lane: u32) {
  if (q >= Q) { return; }
  let end = min(valid_at(0u), N4 * 4u);
  workgroupBarrier(); // As in workgroup_reduce.wgsl.
  for (var slot = lane; slot < u32(SLOTS); slot += LANES) { slots[slot] = Column(NONE, NONE); }
  if (lane == 0u) {
    last = Column(0u, 0u);
    known = Column(0u, 0u);
    left = min(K, end);
    atomicStore(&taken, 0u);
    atomicStore(&bound, select(NONE, 0u, K <= LANES));
  }
  workgroupBarrier();
  if (K <= LANES) { atomicMax(&bound, least_key(lane, q, end)); }
  for (var digit = 0u; digit < 8u; digit++) {
    atomicStore(&counts[lane], 0u);
    workgroupBarrier();
    count_digits(lane, q, end, digit);
    workgroupBarrier();
    if (lane < 16u) {
      var sum = 0u;
      for (var i = 0u; i < 16u; i++) { sum += atomicLoad(&counts[lane * 16u + i]); }
      sums[lane] = sum;
    }
    workgroupBarrier();
    if (lane == 0u) { choose_digit(digit); }
    if (workgroupUniformLoad(&settled) == 1u) { break; }
  }
  collect(lane, q, end);
  workgroupBarrier();
  sort(lane);
  for (var k = lane; k < K; k += LANES) { nearest_store(q * K + k, slots[k].index); }
}
