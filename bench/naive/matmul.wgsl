// The first rung: a matrix product as one would write it down, without tiles. Each thread makes one vec4 of outputs,
// the least that can be stored, and reads everything that it needs from memory.
//
//   Y[m, n] = sum_k X[m, k] W[k, n]
//
// x [M, K], w [K, N], y [M, N]; K and N multiples of four

override M: u32;
override N4: u32;
override K: u32;

fn run(thread: u32) {
  let n4 = thread % N4;
  let m = thread / N4;
  if (m >= M) { return; }
  var sum = vec4f(0.0);
  for (var k = 0u; k < K; k++) { sum += x_at(m * K + k) * w_load(k * N4 + n4); }
  y_store(thread, sum);
}
