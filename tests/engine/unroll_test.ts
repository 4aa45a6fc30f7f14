import assert from "node:assert/strict";
import { constantCondition, constantValue } from "../../kernels/wgsl/constant_expression.ts";
import { unroll } from "../../kernels/wgsl/unroll.ts";

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

Deno.test("what is known of a turn is worked out: constants, places, and what stands after @if", () => {
  const source =
    "@unroll for (var i = 0; i < 3; i++) { const r = i + PAD - F * 2; const s = r / 2; let t = r + k;" +
    " @if ((r & 1) == 0) { sum[r * W + s] += g[i + k]; } } const r = 1; sum[1 + 1];";
  const text = "{lett=(-1)+k;}{lett=0+k;{sum[0]+=g[1+k];}}{lett=1+k;}constr=1;sum[1+1];";
  assert.equal(bare(unroll(source, { PAD: 1, F: 1, W: 10 })), text);
});

Deno.test("a constant of an outer turn holds in inner loops, and to the end of its block only", () => {
  const source = "@unroll for (var i = 0; i < 1; i++) { { const a = i + 1;" +
    " @unroll for (var j = 0; j < 2; j++) { const b = a * j; x[b] = a; @if (b < 1) { y[u32(a) * 2u]; } } } f(a); }";
  assert.equal(bare(unroll(source, {})), "{{{x[0]=1;{y[2];}}{x[1]=1;}}f(a);}");
});

Deno.test("@if within @if, and names that only look like a constant's", () => {
  const source = "@unroll for (var i = 0; i < 2; i++) { const x = i - 1; const n = i + 1u;" +
    " @if (i < 1) { @if (i == 0) { f(v.x, x, n); } } g(k-x); }";
  assert.equal(bare(unroll(source, {})), "{{{f(v.x,(-1),1u);}}g(k-(-1));}{g(k-0);}");
});

Deno.test("values of expressions", () => {
  const values: [string, number | undefined][] = [
    ["2 + 3 * 4", 14],
    ["(2 + 3) * 4 - 1", 19],
    ["-7 / 2", -3],
    ["10 - 3 - 2", 5],
    ["-(A + 1) % 2", -1],
    ["(A | 1) & 5", 5],
    ["u32(A) * i32(2u)", 8],
    ["2147483647", 2147483647],
    // What WGSL might compute otherwise, or not at all.
    ["2147483648", undefined],
    ["65536 * 65536", undefined],
    ["0u - 1u + 2u", undefined],
    ["-(A + 1u)", undefined],
    ["1 / 0", undefined],
    ["A < 5", undefined],
    ["B + 1", undefined],
    ["f(1)", undefined],
    ["1.5", undefined],
    ["(1", undefined],
    ["1 +", undefined],
    ["toString", undefined],
    ["1 constructor 2", undefined],
    ["", undefined],
  ];
  for (const [text, value] of values) assert.equal(constantValue(text, { A: 4 })?.value, value, text);
  assert.equal(constantValue("A + 1u", { A: 4 })?.unsigned, true);
  assert.equal(constantValue("A + 1", { A: 4 })?.unsigned, false);
});

Deno.test("conditions", () => {
  const conditions: [string, boolean | undefined][] = [
    ["((A | 1) & 5) == 5", true],
    ["1 != 1", false],
    ["A < 5", true],
    ["A > 5", false],
    ["-1 < 0", true],
    ["1 < 2 < 3", undefined],
    ["0u - 1u < 4u", undefined],
    ["A", undefined],
    ["A < B", undefined],
    ["A <", undefined],
  ];
  for (const [text, holds] of conditions) assert.equal(constantCondition(text, { A: 4 }), holds, text);
});

Deno.test("a loop that cannot be written out is refused", () => {
  assert.throws(() => unroll("@unroll for (var i = 0; i < N; i++) { }", {}), /up to N/);
  assert.throws(() => unroll("@unroll for (var i = 0; i < 4; i += 2) { }", {}), SyntaxError);
  assert.throws(() => unroll("@unroll for (var i = 0; j < 4; i++) { }", {}), /three variables/);
  assert.throws(() => unroll("@unroll for (var i = 0; i < 4; i++) { {", {}), /without end/);
  assert.throws(
    () => unroll("@unroll for (var i = 0; i < 4; i++) { @if (k < i) { } }", {}),
    /Not known .*k < 0/,
  );
  const refused = (body: string, why: RegExp) =>
    assert.throws(() => unroll(`@unroll for (var i = 0; i < 4; i++) { ${body} }`, {}), why);
  refused("@if (i < 2) f();", /./);
  refused("@if (i < 1) f(); if (d) { g(); }", /and a block/);
  refused("@if (i < 1) { f(); } else { g(); }", /no else/);
  refused("const a = i; { const a = 2; x[0] = a; }", /a has a known value and is declared again/);
  refused("let i = 2;", /i has a known value and is declared again/);
});
