// How fast the adapter multiplies and adds: the upper bound of every kernel's arithmetic.
//
//   16 · ROUNDS times:  a = fma(a, scale, shift), and b and c likewise
//
// seed [4]            scale and shift
// y [THREADS] vec4s   a + b + c: without a result, compilers would drop the work
//
// Three chains of vec4s are as many independent sums as fit the registers of a CPU that runs eight threads at once;
// a GPU has enough threads to fill its pipelines. Written out, as iterations of a loop are not free.

struct Chains { a: vec4f, b: vec4f, c: vec4f }

fn iterate(x: Chains, scale: vec4f, shift: vec4f) -> Chains {
  return Chains(fma(x.a, scale, shift), fma(x.b, scale, shift), fma(x.c, scale, shift));
}

fn four_turns(x: Chains, scale: vec4f, shift: vec4f) -> Chains {
  return iterate(iterate(iterate(iterate(x, scale, shift), scale, shift), scale, shift), scale, shift);
}

fn run(thread: u32) {
  if (thread >= THREADS) { return; }
  let lane = thread % 64u;
  let scale = vec4f(seed_load(0u).x);
  let shift = vec4f(seed_load(0u).y + f32(lane) * 0.001);
  var x = Chains(shift, shift + 1.0, shift + 2.0);
  for (var round = 0u; round < ROUNDS; round++) {
    x = four_turns(x, scale, shift);
    x = four_turns(x, scale, shift);
    x = four_turns(x, scale, shift);
    x = four_turns(x, scale, shift);
  }
  y_store(thread, x.a + x.b + x.c);
}
