// Gradient of softmax cross-entropy with label smoothing.
//
//   dlogits[r, c] = dloss / ROWS · (softmax(z[r])_c - q[r, c]),  q as in cross_entropy.wgsl
//
// logits, dlogits [ROWS, CLASSES]
// labels          [ROWS]
// rows            [ROWS, 4]  of which m and log sum_c e^(z - m) are used
// dloss           []

override SMOOTHING: f32;

fn run(thread: u32) {
  if (thread >= ROWS * C4) { return; }
  let row = thread / C4;
  let c4 = thread % C4;
  let statistics = rows_load(row);
  let classes = vec4u(c4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let softmax = exp(logits_load(thread) - vec4f(statistics.y) - vec4f(statistics.z));
  let target_share = select(vec4f(0.0), vec4f(1.0 - SMOOTHING), classes == vec4u(labels_at(row)));
  let q = target_share + vec4f(SMOOTHING / f32(CLASSES));
  let scale = dloss_load(0u).x / f32(ROWS);
  dlogits_store(thread, within(scale * (softmax - q), c4, CLASSES));
}
