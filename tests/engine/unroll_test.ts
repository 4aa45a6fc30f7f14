import assert from "node:assert/strict";
import { constantValue, unroll } from "../../kernels/wgsl/unroll.ts";

/** The text without blanks. */
function bare(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

Deno.test("a loop is written out, each iteration with the variable's value", () => {
  const text = unroll("@unroll for (var i = 0; i < 3; i++) { s[i] = x_i + i; }", {});
  assert.equal(bare(text), "{s[0]=x_i+0;}{s[1]=x_i+1;}{s[2]=x_i+2;}");
});

Deno.test("an unsigned variable stays unsigned, bounds may be constants of the kernel", () => {
  const text = unroll("@unroll for (var r = 1u; r < TILE; r++) { f(r); }", { TILE: 3 });
  assert.equal(bare(text), "{f(1u);}{f(2u);}");
});

Deno.test("loops within loops are written out too, other loops stay", () => {
  const source = "for (var k = 0; k < K; k++) { @unroll for (var i = 0; i < 2; i++) {" +
    " @unroll for (var j = 0; j < 2; j++) { a(i, j, k); } } } tail();";
  const text = "for(vark=0;k<K;k++){{{a(0,0,k);}{a(0,1,k);}}{{a(1,0,k);}{a(1,1,k);}}}tail();";
  assert.equal(bare(unroll(source, {})), text);
});

Deno.test("no iteration at all", () => {
  assert.equal(bare(unroll("a(); @unroll for (var i = 0; i < N; i++) { b(); } c();", { N: 0 })), "a();c();");
});

Deno.test("bounds are expressions, of an outer loop's variable too, and a step may be given", () => {
  const source = "@unroll for (var u = 0; u < 3; u++) {" +
    " @unroll for (var i = (u + PAD * (STRIDE - 1)) % STRIDE; i < 4; i += STRIDE) { f(u, i); } }";
  assert.equal(
    bare(unroll(source, { PAD: 1, STRIDE: 2 })),
    "{{f(0,1);}{f(0,3);}}{{f(1,0);}{f(1,2);}}{{f(2,1);}{f(2,3);}}",
  );
});

Deno.test("indices are computed where all their parts are known, inside loops only", () => {
  const source =
    "@unroll for (var i = 0; i < 2; i++) { sum[(i + PAD) * W + u32(i) * 2u] += g[i + k] + x_i[i - 1]; }" +
    " sum[1 + 1];";
  const text = "{sum[10]+=g[0+k]+x_i[-1];}{sum[22]+=g[1+k]+x_i[0];}sum[1+1];";
  assert.equal(bare(unroll(source, { PAD: 1, W: 10 })), text);
  const inner =
    "@unroll for (var i = 0; i < 1; i++) { @unroll for (var j = 0; j < 2; j++) { x[j * (A + 1) + i] = j; } }";
  assert.equal(bare(unroll(inner, { A: 4 })), "{{x[0]=0;}{x[5]=1;}}");
});

Deno.test("names that only look like the variable stay", () => {
  const source = "@unroll for (var x = 0; x < 2; x++) { f(v.x, x, x_map); g(k-x); }";
  assert.equal(bare(unroll(source, {})), "{f(v.x,0,x_map);g(k-0);}{f(v.x,1,x_map);g(k-1);}");
});

Deno.test("values of expressions", () => {
  const values: [string, number | undefined][] = [
    ["2 + 3 * 4", 14],
    ["(2 + 3) * 4 - 1", 19],
    ["-7 / 2", -3],
    ["10 - 3 - 2", 5],
    ["-(A + 1) % 2", -1],
    ["u32(A) * i32(2u)", 8],
    ["2147483647", 2147483647],
    // What WGSL might compute otherwise, or not at all.
    ["2147483648", undefined],
    ["65536 * 65536", undefined],
    ["0u - 1u + 2u", undefined],
    ["-(A + 1u)", undefined],
    ["1 / 0", undefined],
    ["A < 5", undefined],
    ["A | 1", undefined],
    ["B + 1", undefined],
    ["f(1)", undefined],
    ["1.5", undefined],
    ["(1", undefined],
    ["1 +", undefined],
    ["toString", undefined],
    ["1 constructor 2", undefined],
    ["", undefined],
  ];
  for (const [text, value] of values) assert.equal(constantValue(text, { A: 4 }), value, text);
});

Deno.test("a loop that cannot be written out is refused", () => {
  const refused = (loop: string, why: RegExp) =>
    assert.throws(() => unroll(`@unroll for ${loop}`, { ZERO: 0 }), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, why);
      return true;
    });
  refused("(var i = 0; i < N; i++) { }", /N is not a constant/);
  refused("(var i = 0; i < 4; i += N) { }", /N is not a constant/);
  refused("(var i = 0; i < 4; i += ZERO) { }", /its step is 0/);
  refused("(var i = 0; i < 4; i -= 2) { }", /takes for/);
  refused("(var i = 0; j < 4; i++) { }", /takes for/);
  refused("(var i = 0; i < 4; j++) { }", /takes for/);
  refused("(var i = 0; i < 4; i++) { {", /without end/);
  refused("(var i = 0; i < 4; i++) { let i = 2; }", /i is declared again/);
});
