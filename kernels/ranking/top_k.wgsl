// The K smallest distances of every row, smallest first, of equals that of lowest index.
//
//   nearest[q, k] = argmin_j distances[q, j]  over  j < valid[0], j not in nearest[q, < k]
//
// distances [Q, N]  none below 0
// valid     [1]     u32, at most N: how many of the columns hold something
// nearest   [Q, K]  u32; NONE where there are no more
//
// A distance that is NaN comes before all others, so that it can be noticed.
//
// A workgroup takes a query. The bits of numbers that are not negative are ordered as the numbers are, so the K-th
// smallest is found by its digits of base 256, the highest first: how often does each digit occur among the columns
// that agree with it in the digits before? (radix select; for GPUs: Alabi, Blanchard, Gordon and Steinbach 2012). Where
// more tie for the last places than there are places, the digits of their indices decide. Those up to the K-th are then
// collected in any order, and sorted by a bitonic network (Batcher 1968) of PLACES, a power of two not below K.
//
// Counting is slow, so most columns are told beforehand to be too far: as many as there are lanes, each lane's nearest,
// are within the largest of these distances, hence so are the K nearest, if K is no more than that.

override Q: u32;
override N4: u32;
override K: u32;

const NONE = 0xffffffffu;
const LANES = 256u;

// In the order of `key`, of equals in that of `index`.
struct Column { key: u32, index: u32 }

// No key among the K smallest is larger.
var<workgroup> bound: atomic<u32>;
var<workgroup> counts: array<atomic<u32>, 256>;
var<workgroup> sums: array<u32, 16>;
// The K-th column as far as its digits are known: where `known` has ones.
var<workgroup> last: Column;
var<workgroup> known: Column;
// Places left for those that agree with it so far, and whether there are no more of them than that.
var<workgroup> left: u32;
var<workgroup> settled: u32;
var<workgroup> taken: atomic<u32>;
var<workgroup> places: array<Column, PLACES>;

// By its bits: compilers may take it that no number is NaN.
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

// Finds the K-th column's digit by the counts of all, and its place among those that share it.
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
        let place = atomicAdd(&taken, 1u);
        if (place < K) { places[place] = column; }
      }
    }
  }
}

fn sort(lane: u32) {
  for (var width = 2u; width <= u32(PLACES); width <<= 1u) {
    for (var stride = width >> 1u; stride > 0u; stride >>= 1u) {
      for (var pair = lane; pair < u32(PLACES) / 2u; pair += LANES) {
        let low = 2u * pair - (pair & (stride - 1u));
        let a = places[low];
        let b = places[low + stride];
        let rising = (low & width) == 0u;
        if (before(b, a) == rising) {
          places[low] = b;
          places[low + stride] = a;
        }
      }
      workgroupBarrier();
    }
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let q = group.x + group.y * groups.x;
  if (q >= Q) { return; }
  let end = min(valid_at(0u), N4 * 4u);
  for (var place = lane; place < u32(PLACES); place += LANES) { places[place] = Column(NONE, NONE); }
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
  for (var k = lane; k < K; k += LANES) { nearest_store(q * K + k, places[k].index); }
}
