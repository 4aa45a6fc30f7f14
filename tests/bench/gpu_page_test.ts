import assert from "node:assert/strict";
import { gpuPage, type GpuReport } from "../../bench/gpu/page.ts";

Deno.test("the page of a GPU machine has what is known so far, and what was left out", () => {
  const report: GpuReport = { cases: [], torch: [], leftOut: [], finished: false, seconds: 1 };
  assert.match(gpuPage(report), /^# No adapter\n\nUnder way after 1 s/);
  const kernel = { kernel: "matmul_tiled", dispatches: 34, measured: 2, roofline: 0.5, expected: 1 };
  const program = {
    name: "training step",
    milliseconds: 10,
    cpuMilliseconds: 3,
    dispatches: 400,
    pipelines: 90,
    bytes: 12.7e9,
    flops: 78e9,
    roofline: 4,
    expected: 6,
    kernels: [kernel],
  };
  const size = { width: 1, imageHeight: 256, imageWidth: 128, batch: 64, precision: "f32" } as const;
  report.cases.push({ ...size, programs: [program], seconds: 5 });
  report.torch.push({ title: "PyTorch", text: "eager 12 ms\n" });
  report.leftOut.push("MobileNetV2 0.5 in f16: no time was left");
  report.finished = true;
  const page = gpuPage(report);
  assert.match(
    page,
    /\| 1, 256×128, 64 images, f32 \| training step \| 10\.00 \| 6400 \| 3\.00 \| 4\.00 \| 6\.00 \|/,
  );
  assert.match(page, /\| matmul_tiled \| 34 \| 2\.000 \| 1\.000 \| 0\.500 \| 25 % \|/);
  assert.match(page, /## PyTorch\n\n```text\neager 12 ms\n```/);
  assert.match(page, /- MobileNetV2 0\.5 in f16: no time was left\n$/);
});
