// How fast a kernel moves memory: every vec4 is read once and written once, as elementwise kernels do.
//
//   y[i] = x[i]
//
// x, y [4 · THREADS] vec4s
//
// A thread copies four vec4s, STEP apart: with 1 every thread has a separate piece, which suits a CPU's caches; with 64
// the threads of a workgroup copy neighboring vec4s at the same time, which suits a GPU.

fn run(thread: u32) {
  if (thread >= THREADS) { return; }
  let lane = thread % 64u;
  let first = select(thread / 64u * 256u + lane, thread * 4u, STEP == 1);
  y_store(first, x_load(first));
  y_store(first + u32(STEP), x_load(first + u32(STEP)));
  y_store(first + 2u * u32(STEP), x_load(first + 2u * u32(STEP)));
  y_store(first + 3u * u32(STEP), x_load(first + 3u * u32(STEP)));
}
