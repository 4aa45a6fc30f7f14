// An exponential moving average of a set's weights and running statistics, all at once. (Polyak and Juditsky 1992;
// Tarvainen and Valpola 2017, equation 1.)
//
//   average = decay · average + (1 - decay) · x,   computed as x + decay · (average - x)
//
// weights [WEIGHTS4] vec4s
// state   running statistics in its first STATE4 vec4s; from vec4 AVERAGES on the averages of the weights, then those of
//         the running statistics, in the layout of weights and statistics. Updated in place.
// settings [1]: decay; 0 sets the averages to the values themselves
//
// One thread per vec4 of the averages.

fn run(i: u32) {
  if (i >= WEIGHTS4 + STATE4) { return; }
  var x: vec4f;
  if (i < WEIGHTS4) { x = weights_load(i); } else { x = state_load(i - WEIGHTS4); }
  let average = state_load(AVERAGES + i);
  state_store(AVERAGES + i, fma(settings_load(0u).xxxx, average - x, x));
}
