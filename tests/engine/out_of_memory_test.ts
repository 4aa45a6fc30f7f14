/** Memory that is truly used up: a process that may have no more of it than so much asks the driver for all of it. */
import assert from "node:assert/strict";

const MODULE = new URL("../../engine/mod.ts", import.meta.url).href;
/** KiB of addresses: the runtime reserves the first half of them for itself. */
const MOST = 40_000_000;

const SCRIPT = `
  import { Device, f32, OutOfMemoryError, Program, relu, sum } from ${JSON.stringify(MODULE)};
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
      const run = ["run", "--config", "deno.json", "--allow-env", "--allow-ffi", file];
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `ulimit -v ${MOST}; exec "$@"`, "sh", Deno.execPath(), ...run],
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
