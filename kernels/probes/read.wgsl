// How fast a kernel reads memory when it writes almost nothing, as reductions do.
//
//   y[t] = sum of the LENGTH vec4s of thread t
//
// x [THREADS · LENGTH] vec4s;  y [THREADS] vec4s
//
// A thread's vec4s lie STEP apart: with 1 every thread has a separate piece, which suits a CPU's caches; with 64 the
// threads of a workgroup read neighboring vec4s at the same time, which suits a GPU. Four loads are in flight at once.

fn run(thread: u32) {
  if (thread >= THREADS) { return; }
  let lane = thread % 64u;
  let first = select(thread / 64u * 64u * LENGTH + lane, thread * LENGTH, STEP == 1);
  var a = vec4f(0.0);
  var b = vec4f(0.0);
  for (var i = 0u; i < LENGTH; i += 4u) {
    let index = first + i * u32(STEP);
    a += x_load(index);
    b += x_load(index + u32(STEP));
    a += x_load(index + 2u * u32(STEP));
    b += x_load(index + 3u * u32(STEP));
  }
  y_store(thread, a + b);
}
