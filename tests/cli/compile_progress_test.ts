import assert from "node:assert/strict";
import { compileProgress } from "../../cli/device.ts";
import { add, affine, Device, f32, Program } from "../../engine/mod.ts";

Deno.test("Compilation of kernels is shown once it takes a second, and at its end", () => {
  const written: string[] = [];
  let milliseconds = 0;
  const show = compileProgress({ write: (text) => written.push(text) }, () => milliseconds);
  const compile = (each: number) => {
    for (let done = 0; done <= 40; done++, milliseconds += each) show(done, 40);
    return written.splice(0);
  };
  assert.deepEqual(compile(10), []);
  const lines = compile(100);
  assert.equal(lines[0], "Compiling kernels: 25 % (10 of 40 kernels) | 10 kernels/s | 3 s left\n");
  assert.equal(lines.at(-1), "Compiling kernels: 100 % (40 of 40 kernels) | 10 kernels/s\n");
  assert.equal(compile(5000).length, 40);
});

Deno.test("A program tells of every kernel that it compiles, and computes the same", async () => {
  const heard: string[] = [];
  using device = await Device.open({ onCompile: (done, total) => heard.push(`${done}/${total}`) });
  const inputs = { a: f32([3]), b: f32([3]) };
  const record = () =>
    Program.record(device, inputs, ({ a, b }) => ({ y: affine(add(a, affine(b, 3, 0)), 2, 0) }));
  const first = await record();
  const made = ["0/3", "1/3", "2/3", "3/3"];
  assert.deepEqual(heard.splice(0, 4), made);
  if (device.adapter.software) { // These compile afterward, several at a time if that is quick.
    assert.equal(heard[0], "0/3");
    assert.equal(heard.pop(), "3/3");
    assert.deepEqual(heard, [...new Set(heard)].sort());
  }
  heard.splice(0);
  const { y } = await first.run({ a: [1, 2, 3], b: [10, 20, 30] });
  assert.deepEqual([...y], [62, 124, 186]);
  const second = await record();
  assert.deepEqual(heard.slice(0, made.length), made);
  for (const program of [first, second]) program.destroy();
});

Deno.test("Commands open the GPU where compilation is shown", async () => {
  const folder = new URL("../../cli/", import.meta.url);
  const silent: string[] = [];
  for (const sub of ["", "index/", "ablate/"]) {
    for await (const { name } of Deno.readDir(new URL(sub, folder))) {
      if (!name.endsWith(".ts") || name === "device.ts") continue;
      if (/\bDevice\.open\(/.test(await Deno.readTextFile(new URL(sub + name, folder)))) {
        silent.push(sub + name);
      }
    }
  }
  assert.deepEqual(silent, []);
});
