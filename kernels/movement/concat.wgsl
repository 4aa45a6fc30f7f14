// Two tensors joined along one axis.
//
//   y[o, p, i] = a[o, p, i]            where p < A_SIZE
//                b[o, p - A_SIZE, i]   elsewhere
//
// a [OUTER, A_SIZE, INNER4], b [OUTER, B_SIZE, INNER4], y [OUTER, A_SIZE + B_SIZE, INNER4]  in vec4s;
// along the last axis (LAST) without INNER4, in padded scalars

fn padded(size: u32) -> u32 { return (size + 3u) / 4u * 4u; }

fn run(thread: u32) {
  let size = A_SIZE + B_SIZE;
  if (LAST == 0) {
    if (thread >= OUTER * size * INNER4) { return; }
    let i = thread % INNER4;
    let p = thread / INNER4 % size;
    let o = thread / INNER4 / size;
    if (p < A_SIZE) {
      y_store(thread, a_load((o * A_SIZE + p) * INNER4 + i));
    } else {
      y_store(thread, b_load((o * B_SIZE + p - A_SIZE) * INNER4 + i));
    }
  } else {
    let size4 = (size + 3u) / 4u;
    if (thread >= OUTER * size4) { return; }
    let o = thread / size4;
    var y = vec4f(0.0);
    for (var element = 0u; element < 4u; element++) {
      let p = thread % size4 * 4u + element;
      if (p < A_SIZE) {
        y[element] = a_at(o * padded(A_SIZE) + p);
      } else if (p < size) {
        y[element] = b_at(o * padded(B_SIZE) + p - A_SIZE);
      }
    }
    y_store(thread, y);
  }
}
