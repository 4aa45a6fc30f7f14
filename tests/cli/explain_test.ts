/** `deno task explain` as a user runs it. */
import assert from "node:assert/strict";
import { Image } from "imagescript";
import { encodeTrainedModel } from "../../model/trained_model.ts";
import { writeNoise } from "../embed/tiny_network.ts";
import { drawModel, smallSpec } from "../export/drawn_model.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

Deno.test("explain draws a row for each match, and its parts sum to the cosine", async () => {
  await withFolder(async (folder) => {
    // An image of the network has 47 × 35 × 3 bytes, no multiple of four.
    const model = `${folder}/model.safetensors`;
    const spec = smallSpec({ width: 0.05, imageHeight: 47, imageWidth: 35 });
    await Deno.writeFile(model, encodeTrainedModel(drawModel(spec, 1)));
    const [query, match] = (await writeNoise(folder, 2)).map((name) => `${folder}/${name}`);
    const large = `${folder}/large.png`;
    const picture = new Image(90, 200).fill((x, y) => Image.rgbToColor(x, y, 128));
    await Deno.writeFile(large, await picture.encode());
    const out = `${folder}/new/x.png`;
    const flags = [
      `--query=${query}`,
      `--checkpoint=${model}`,
      `--out=${out}`,
      "--match",
      match!,
      query!,
      large,
    ];
    const { code, stdout, stderr } = await runTask("explain", [...flags, "--json"]);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    assert.equal(result.checkpoint, model);
    assert.deepEqual(result.matches.map(({ image }: { image: string }) => image), [match, query, large]);
    for (const { cosine, distance, ...images } of result.matches) {
      for (const { rows, columns, activation, cosine: parts } of [images.query, images.match]) {
        assert.deepEqual([rows, columns, activation.length, parts.length], [2, 2, 4, 4]);
        assert.ok(Math.abs(sum(parts) - cosine) < 1e-9);
      }
      assert.ok(Math.abs(distance ** 2 - (2 - 2 * cosine)) < 1e-4, `${distance}, ${cosine}`);
    }
    const [other, same] = result.matches;
    assert.ok(Math.abs(same.cosine - 1) < 1e-6 && other.cosine < 0.999);
    assert.deepEqual(same.query, same.match);
    const { width, height } = await Image.decode(await Deno.readFile(out)) as Image;
    assert.ok(width > 6 * 190 && height > 3 * 256, `${width} × ${height}`);
  });
});

Deno.test("explain says in one paragraph what is wrong, and writes nothing", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/model.safetensors`;
    await Deno.writeFile(model, encodeTrainedModel(drawModel(smallSpec({ width: 0.05 }), 1)));
    const [query, other] = (await writeNoise(folder, 2)).map((name) => `${folder}/${name}`);
    const truncated = `${folder}/truncated.jpg`;
    const bytes = await Deno.readFile(other!);
    await Deno.writeFile(truncated, bytes.subarray(0, bytes.length / 2));
    const refused = async (code: number, changes: Record<string, string>, ...more: string[]) => {
      const flags = { query: query!, match: other!, out: `${folder}/x.png`, checkpoint: model, ...changes };
      const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
      return onlyError(await runTask("explain", [...args, ...more]), code);
    };
    const [missing, cut, format, run, folderInPlace, many] = await Promise.all([
      refused(1, { query: `${folder}/nowhere.jpg` }),
      refused(1, { match: truncated }),
      refused(2, { out: `${folder}/x.jpg` }),
      refused(1, { checkpoint: `${folder}/nowhere` }),
      refused(1, { query: folder }),
      refused(2, {}, "--match", ...new Array(50).fill(other)),
    ]);
    assert.match(missing, /nowhere\.jpg cannot be explained: .*[Nn]o such file.*JPEG or PNG/);
    assert.match(cut, /truncated\.jpg cannot be explained: truncated JPEG/);
    assert.match(format, /--out must end in \.png; got '.*x\.jpg'/);
    assert.match(run, /There is no checkpoint in .*nowhere/);
    assert.match(folderInPlace, /cannot be explained: .*directory/);
    assert.match(many, /--match takes 50 images at most; got 51/);
    assert.ok(!exists(`${folder}/x.png`));
  });
});
