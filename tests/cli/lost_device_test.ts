import assert from "node:assert/strict";
import { PAUSES, workOnDevice } from "../../cli/lost_device.ts";
import { main as train } from "../../cli/train.ts";
import { type Device, DeviceLostError, LimitError, OutOfMemoryError } from "../../engine/mod.ts";
import { assertSameBytes } from "../train/same_bytes.ts";
import { FaultyGpu, type Way } from "../torture/device/faulty_gpu.ts";
import { withFolder } from "./run_task.ts";
import { TINY, writeTinyPeople } from "./tiny_people.ts";

/** Of the submits of a run: so much of it is behind when there is a checkpoint, and training is not done. */
const SHARE = 0.7;
const LAST = "checkpoints/step-0000004.safetensors";

Deno.test("work goes on upon another device as often as there are pauses, and anew after what was saved", async () => {
  const devices: Device[] = [];
  const pauses: number[] = [];
  let saved = 0;
  const work = (failures: (() => Error)[]) => (device: Device) => {
    devices.push(device);
    const failure = failures.shift();
    return failure ? Promise.reject(failure()) : Promise.resolve("done");
  };
  const begin = (failures: (() => Error)[], onLost: "stop" | "retry" = "retry") =>
    workOnDevice({
      cache: ".cache",
      onLost,
      saved: () => saved,
      pause: (seconds) => Promise.resolve(void pauses.push(seconds)),
      work: work(failures),
    });
  const lost = () => new DeviceLostError("gone");
  const full = () => new OutOfMemoryError("full");
  assert.equal(await begin([lost, full, lost]), "done");
  assert.deepEqual(pauses.splice(0), PAUSES);
  await assert.rejects(begin([lost, lost, lost, full, lost]), OutOfMemoryError);
  assert.equal(pauses.splice(0).length, PAUSES.length);
  await assert.rejects(begin([lost], "stop"), DeviceLostError);
  await assert.rejects(begin([() => new LimitError("too large")]), LimitError);
  assert.deepEqual(pauses, []);
  const progress = () => {
    saved++;
    return lost();
  };
  assert.equal(await begin(Array(2 * PAUSES.length).fill(progress)), "done");
  assert.deepEqual(pauses, Array(2 * PAUSES.length).fill(PAUSES[0]));
  assert.equal(new Set(devices).size, devices.length);
  for (const device of devices) assert.throws(() => device.check(), DeviceLostError);
});

Deno.test("a run that loses its device at any time ends, by itself or resumed, with the bytes of one that does not", async (t) => {
  await withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    const flags = [...TINY, `--data=${folder}/people`, `--cache=${folder}/cache`, "--checkpoint-every=1"];
    const counted = new FaultyGpu();
    assert.equal(await train([...flags, `--out=${folder}/whole`], counted.gpu), 0);
    const submits = counted.calls.filter((name) => name === "submit").length;
    const submit = (share: number, way: Way) => ({ name: "submit", nth: Math.floor(share * submits), way });
    const assertWhole = async (run: string) => {
      const [of, expected] = [run, `${folder}/whole`].map((path) => Deno.readFile(`${path}/${LAST}`));
      assertSameBytes(await of!, await expected!);
      const scores = (path: string) => Deno.readTextFile(`${path}/scores.json`).then(JSON.parse);
      assert.deepEqual(await scores(run), await scores(`${folder}/whole`));
    };

    const faults: [when: string, share: number, way: Way][] = [
      ["while the untrained network is scored", 0, "lost"],
      ["while it trains, without memory", SHARE, "out-of-memory"],
      ["while the trained network is scored", 0.999, "lost"],
    ];
    for (const [i, [when, share, way]] of faults.entries()) {
      await t.step(`--on-device-lost retry, ${when}`, async () => {
        const { gpu } = new FaultyGpu(submit(share, way));
        const run = `${folder}/retried-${i}`;
        assert.equal(await train([...flags, `--out=${run}`, "--on-device-lost=retry"], gpu), 0);
        await assertWhole(run);
      });
    }

    await t.step("stopped by it, and resumed", async () => {
      const run = `${folder}/stopped`;
      const { gpu } = new FaultyGpu(submit(SHARE, "lost"));
      await assert.rejects(train([...flags, `--out=${run}`], gpu), DeviceLostError);
      assert.equal(
        await train([`--resume=${run}`, `--cache=${folder}/cache`, "--checkpoint-every=1"]),
        0,
      );
      await assertWhole(run);
    });
  });
});
