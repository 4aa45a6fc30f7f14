/** `deno task compare`, with two networks of drawn weights. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { encodeTrainedModel } from "../../model/trained_model.ts";
import { tinyNetwork } from "../embed/tiny_network.ts";
import { runTask, withFolder } from "./run_task.ts";
import { runSeveral } from "./several_commands.ts";
import { writeTinyPeople } from "./tiny_people.ts";

Deno.test("compare scores each network on each dataset, and says what is wrong with its flags", () =>
  withFolder(async (folder) => {
    await writeTinyPeople(`${folder}/people`);
    await writeTinyPeople(`${folder}/others`);
    const device = await Device.open();
    for (const [name, seed, size] of [["one", 1, 32], ["two", 2, 48]] as const) {
      const network = await tinyNetwork(device, seed, { imageHeight: size });
      await Deno.writeFile(`${folder}/${name}.safetensors`, encodeTrainedModel(network));
    }
    device.destroy();
    const runs = ["--runs", "one.safetensors", "two.safetensors"];
    const done = await runTask("compare", [...runs, "--data", "people", "others", "--out=found"], {
      cwd: folder,
    });
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /4 of 4: two on others/);
    assert.match(done.stdout, /^one +32 × 32 +12 /m);
    assert.match(done.stdout, /^two +48 × 32 +12 /m);

    const found = JSON.parse(await Deno.readTextFile(`${folder}/found/comparison.json`));
    const cells = found.scores.map(({ network, data }: Record<string, string>) => `${network} ${data}`);
    assert.deepEqual(cells, ["one people", "two people", "one others", "two others"]);
    // The two datasets have the same images.
    assert.equal(found.scores[0].mAP, found.scores[2].mAP);
    assert.notEqual(found.scores[0].mAP, found.scores[1].mAP);
    const [pair, ...pairs] = found.differences;
    assert.deepEqual([pair.data, pair.first, pair.second, pairs.length], ["people", "one", "two", 1]);
    assert.ok(Math.abs(pair.mAP - (found.scores[0].mAP - found.scores[1].mAP)) < 1e-12);
    assert.ok(pair.low <= pair.mAP && pair.mAP <= pair.high);
    assert.ok(
      found.networks.every(({ secondsPerImage }: { secondsPerImage: number }) => secondsPerImage > 0),
    );

    const page = await Deno.readTextFile(`${folder}/found/comparison.html`);
    assert.match(page, /<svg/);
    assert.doesNotMatch(page, /<script/);
    const markdown = await Deno.readTextFile(`${folder}/found/comparison.md`);
    assert.match(markdown, /^\| one \| [\d.]+\? \| [\d.]+ \| [\d.]+ \| [\d.]+\? \|/m);

    const refused = await runSeveral(folder, [
      ["compare", "--runs", "one.safetensors"],
      ["compare", ...runs, "./one.safetensors", "--data=people"],
      ["compare", ...runs, "--data", "people", "people/"],
      ["compare", "--runs", "one.safetensors", "people", "--data=people"],
      ["compare", "--runs", "demo", "./demo", "--data=people"],
    ]);
    assert.deepEqual(refused.map(({ code }) => code), [2, 2, 2, 1, 1]);
    for (
      const [i, message] of [
        /--data is required/,
        /twice/,
        /--data names people twice, as people and people\//,
        /no checkpoint in people/,
        /\.\/demo/, // Not the demonstration.
      ].entries()
    ) {
      assert.match(refused[i]!.stderr, message);
    }
  }));
