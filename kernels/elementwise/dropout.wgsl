// Dropout (Srivastava et al. 2014): keeps each element with a probability, and scales it so that the mean stays.
//
//   y[i] = x[i] / keep   where random(key, stream, i) < keep,   else 0
//
// x, y       [ROWS, CHANNELS]
// key        [1]  u32, from the host: the same key drops the same elements, so that the gradient repeats the choice
// parameters [2]  keep, stream: data, so that all share one shader; each dropout of a program is another stream

// PCG's output permutation as a hash (Jarzynski and Olano 2020, "Hash Functions for GPU Rendering").
fn hash(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

fn run(i: u32) {
  if (i >= ROWS * C4) { return; }
  let keep = parameters_at(0u);
  let seed = hash(key_at(0u) ^ hash(u32(parameters_at(1u))));
  let x = x_load(i);
  var y = vec4f(0.0);
  for (var k = 0u; k < 4u; k++) {
    // 24 bits are exact in f32.
    let random = f32(hash(hash(i * 4u + k) ^ seed) >> 8u) / 16777216.0;
    if (random < keep) { y[k] = x[k] / keep; }
  }
  y_store(i, within(y, i % C4, CHANNELS));
}
