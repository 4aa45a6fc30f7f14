import assert from "node:assert/strict";

const MODULE = new URL("../../cli/interrupt.ts", import.meta.url).href;

/** A process that waits for signals, writes what it is told to, and ends by itself only after a minute. */
const SCRIPT = `
  import { listenForInterrupt } from ${JSON.stringify(MODULE)};
  using interrupt = listenForInterrupt(() => console.log("left"));
  console.log("ready");
  let said = false;
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (interrupt.requested && !said) console.log("asked");
    said = interrupt.requested;
  }`;

Deno.test("the first signal asks to stop, another one right behind it is the same, a later one leaves at once", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, SCRIPT);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--config", "deno.json", file],
    cwd: new URL("../..", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    assert.equal((await output.read()).value, "ready\n");
    child.kill("SIGINT");
    child.kill("SIGTERM"); // Both come before the process looks up: one wish to stop.
    assert.equal((await output.read()).value, "asked\n");
    await new Promise((resolve) => setTimeout(resolve, 400));
    child.kill("SIGINT");
    assert.equal((await output.read()).value, "left\n");
    assert.equal((await child.status).code, 130);
    assert.equal(
      await new Response(child.stderr).text(),
      "\nStopping after this step and saving; once more to leave at once\n",
    );
  } finally {
    await Deno.remove(file);
  }
});
