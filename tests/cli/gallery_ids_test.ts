/** Which image is which in a gallery, and the values that its conditions take. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { encodeTrainedModel } from "../../model/trained_model.ts";
import { tinyNetwork, writeNoise } from "../embed/tiny_network.ts";
import { withFolder } from "./run_task.ts";
import { runSeveral } from "./several_commands.ts";

/** Runs command lines in a folder and checks how each ends: its code, and its whole output. */
async function check(
  folder: string,
  expected: readonly (readonly [string, number, RegExp])[],
): Promise<void> {
  const ended = await runSeveral(folder, expected.map(([line]) => line.split(" ")));
  for (const [i, [line, code, output]] of expected.entries()) {
    const { code: found, stdout, stderr } = ended[i]!;
    const text = `${stderr}\n${stdout}`;
    assert.equal(found, code, `${line}\n${text}`);
    assert.match(text, output, `${line}\n${text}`);
  }
}

async function writeNetwork(path: string): Promise<void> {
  using device = await Device.open();
  await Deno.writeFile(path, encodeTrainedModel(await tinyNetwork(device)));
}

Deno.test("An image has one id in whatever way it is given, and replaces no other image by surprise", async () => {
  await withFolder(async (folder) => {
    await writeNetwork(`${folder}/net`);
    const names = await writeNoise(`${folder}/a`, 3, 1);
    await writeNoise(`${folder}/b`, 3, 2);
    await Deno.rename(`${folder}/a/${names[0]}`, `${folder}/a/e\u0301.jpg`); // é as macOS writes it.
    await Deno.mkdir(`${folder}/links`);
    await Deno.symlink(`${folder}/a`, `${folder}/links/to_a`);
    const rest = names.slice(1);
    const list = ["./a/é.jpg", ...rest.map((name) => `links/to_a/../to_a/${name}`)].join("\n");
    await Deno.writeTextFile(`${folder}/list`, list);
    await Deno.writeTextFile(`${folder}/twice`, `${list}\n${await Deno.realPath(folder)}/a/${names[1]}\n`);
    const add = "index add --checkpoint=net";
    await check(folder, [
      [
        `${add} --images=a --dry-run`,
        0,
        /There is no gallery yet\. Would add 3 images, renew 0 and replace 0/,
      ],
      [`${add} --images=a`, 0, /3 images added, 0 renewed, 0 replaced, 0 left out; 3 in all/],
      [`${add} --images=b/`, 0, /3 images added, .* 6 in all/],
      [
        `${add} --images=twice --id-prefix=x/ --dry-run`,
        0,
        /note: 1 images are given more than once.*\nnote: 3 images keep the ids .* such as a\/é\.jpg\n.*renew 3 and/s,
      ],
      ["index remove --id=./a/é.jpg --dry-run", 0, /Would remove 1 images and leave 5\. Nothing/],
      [`index remove --id=${folder}/b/${names[1]}`, 0, /1 images removed, 5 left/],
    ]);
    // Images of another folder under the ids that the gallery has.
    await Deno.mkdir(`${folder}/other`);
    for (const [from, to] of [["b", "other/a"], ["gallery", "other/gallery"]]) {
      await Deno.rename(`${folder}/${from}`, `${folder}/${to}`);
    }
    const other = "index add --checkpoint=../net --images=a";
    await check(`${folder}/other`, [
      [
        other,
        1,
        /2 of the images have ids of other images.*a\/0002\S+ \(now from \S+\/a\/0002\S+, not \S+\/other\/a\/0002.*None was added.*--id-prefix; --replace/,
      ],
      [`${other} --replace`, 0, /1 images added, 0 renewed, 2 replaced.* 6 in all/],
    ]);
  });
});
