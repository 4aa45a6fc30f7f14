import assert from "node:assert/strict";
import { kernelTexts } from "../shader_texts.ts";

const TOKEN = /(@unroll\s+)?\b(?:for\s*\([^{]*|while\b[^{]*|loop\s*)\{|\{|\}|\bvar\s+\w+\s*:[^=;]*;/g;

/** Variables that a text declares without initial values inside loops that reach the processor. */
function uninitialized(text: string): string[] {
  const found: string[] = [];
  const loops: boolean[] = [];
  for (const [token, unrolled] of text.replaceAll(/\/\/.*/g, "").matchAll(TOKEN)) {
    if (token.startsWith("var")) {
      if (loops.includes(true)) found.push(token);
    } else if (token === "}") loops.pop();
    else loops.push(token !== "{" && unrolled === undefined);
  }
  return found;
}

Deno.test("Variables in loops have initial values: wgpu 29 keeps the last iteration's where there is none", () => {
  assert.deepEqual(uninitialized("for (var i = 0; i < 2; i++) { if (a) { var x: vec4f; } }"), [
    "var x: vec4f;",
  ]);
  assert.deepEqual(uninitialized("@unroll for (var i = 0; i < 2; i++) { var x: f32; } var y: f32;"), []);
  for (const [path, text] of kernelTexts()) assert.deepEqual(uninitialized(text), [], path);
});
