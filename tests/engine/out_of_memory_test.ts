/** Memory that is truly used up: a process that may have no more of it than so much asks the driver for all of it. */
import assert from "node:assert/strict";

const MODULE = new URL("../../engine/mod.ts", import.meta.url).href;
/**
 * Bytes of addresses that the process may take beyond those that it has once the runtime runs. The limit is set
 * from inside: at its start the runtime reserves large ranges, whose size depends on where they happen to lie.
 */
const MORE = 16 * 2 ** 30;

const SCRIPT = `
  import { Device, f32, OutOfMemoryError, Program, relu, sum } from ${JSON.stringify(MODULE)};
  const pages = Number(Deno.readTextFileSync("/proc/self/statm").split(" ")[0]);
  const most = pages * 4096 + ${MORE};
  const { code, stderr } = await new Deno.Command("prlimit", { args: ["--pid=" + Deno.pid, "--as=" + most] }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  for (const storage of ["buffer", "texture"]) {
    const device = await Device.open({ storage });
    const record = (rows) => Program.record(device, { x: f32([rows, 1024]) }, ({ x }) => ({ y: sum(relu(x)) }));
    const programs = [];
    let refusal;
    while (!refusal && programs.length < 1000) {
      await record(1 << 15).then((program) => programs.push(program), (error) => refusal = error);
    }
    console.log(storage, refusal instanceof OutOfMemoryError, refusal?.message);
    for (const program of programs) program.destroy();
    const small = await record(1);
    console.log((await small.run({ x: new Float32Array(1024).fill(0.5) })).y[0], programs.length > 2);
    device.destroy();
  }`;

Deno.test({
  name: "memory that is used up is a typed error, and a device that got some of it back works on",
  ignore: Deno.build.os !== "linux", // Elsewhere no process can be given less of it.
  async fn() {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, SCRIPT);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--config", "deno.json", "--allow-all", file],
        cwd: new URL("../..", import.meta.url),
      }).output();
      const [told, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.equal(code, 0, errors);
      const lines = told!.trim().split("\n");
      for (const [i, storage] of ["buffer", "texture"].entries()) {
        assert.match(
          lines[2 * i]!,
          new RegExp(`^${storage} true .*the GPU has no memory left.*Free GPU memory`),
        );
        assert.equal(lines[2 * i + 1], "512 true");
      }
    } finally {
      await Deno.remove(file);
    }
  },
});
