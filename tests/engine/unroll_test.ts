import assert from "node:assert/strict";
import { unroll } from "../../kernels/unroll.ts";

/** The text without blanks. */
function bare(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

Deno.test("a loop is written out, each turn with the variable's value", () => {
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

Deno.test("no turn at all", () => {
  assert.equal(bare(unroll("a(); @unroll for (var i = 0; i < N; i++) { b(); } c();", { N: 0 })), "a();c();");
});

Deno.test("a loop that cannot be written out is refused", () => {
  assert.throws(() => unroll("@unroll for (var i = 0; i < N; i++) { }", {}), /up to N/);
  assert.throws(() => unroll("@unroll for (var i = 0; i < 4; i += 2) { }", {}), SyntaxError);
  assert.throws(() => unroll("@unroll for (var i = 0; j < 4; i++) { }", {}), /three variables/);
  assert.throws(() => unroll("@unroll for (var i = 0; i < 4; i++) { {", {}), /without end/);
});
