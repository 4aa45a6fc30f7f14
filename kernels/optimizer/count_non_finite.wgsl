// How many numbers of a flat buffer are infinite or NaN, counted by THREADS threads.
//
//   broken[t, 0] = number of i with x_i of exponent 255, over the vec4s t, t + THREADS, t + 2 THREADS, ...
//
// x [LENGTH4] vec4s, broken [THREADS, 4]. Looks at the bits: WGSL lets compilers assume that there are no such numbers.

override LENGTH4: u32;
override THREADS: u32;

const EXPONENT = vec4u(0x7f800000u);

fn run(thread: u32) {
  if (thread >= THREADS) { return; }
  var count = vec4u(0u);
  for (var i = thread; i < LENGTH4; i += THREADS) {
    let bits = bitcast<vec4u>(x_load(i)) & EXPONENT;
    count += select(vec4u(0u), vec4u(1u), bits == EXPONENT);
  }
  broken_store(thread, vec4f(f32(count.x + count.y + count.z + count.w), 0.0, 0.0, 0.0));
}
