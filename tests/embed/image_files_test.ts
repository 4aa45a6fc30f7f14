import assert from "node:assert/strict";
import { join } from "node:path";
import { ImageIds, imagesInFolder, imagesInList } from "../../embed/image_files.ts";
import { withFolder } from "../cli/run_task.ts";

Deno.test("An image's id does not depend on how its path is written", async () => {
  await withFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary), nfd = "e\u0301.jpg";
    await Deno.mkdir(`${folder}/a/deep`, { recursive: true });
    for (const name of [nfd, "x_1.jpg", "deep/y_1.jpg"]) await Deno.writeTextFile(`${folder}/a/${name}`, "");
    await Deno.symlink("a", `${folder}/link`);
    await Deno.symlink("a/x_1.jpg", `${folder}/own_name.jpg`);
    const passed = { links: 0, others: 0 };
    const expected = [`deep/y_1.jpg`, "\u00e9.jpg", "x_1.jpg"].map((name) => join(folder, "a", name));
    for (const way of ["a", "a/", "./a", "link", "a/../link/.", "a/deep/.."]) {
      const found = await Array.fromAsync(imagesInFolder(join(folder, way), passed));
      assert.deepEqual(found.map(({ id }) => id), expected, way);
      for (const { path } of found) await Deno.stat(path);
    }
    const lines = ["link/deep/y_1.jpg", "a//\u00e9.jpg", "./a/deep/../x_1.jpg", "own_name.jpg", "none/z.jpg"];
    const list = new Blob(lines.map((line) => `${folder}/${line}\r\n`)).stream();
    const listed = await Array.fromAsync(imagesInList(list, "list"));
    assert.deepEqual(
      listed.map(({ id }) => id),
      [...expected, join(folder, "own_name.jpg"), join(folder, "none", "z.jpg")],
    );
    await Deno.stat(listed[1]!.path);
    const ids = new ImageIds(), here = ["mod.ts", "./mod.ts", "cli/../mod.ts", join(Deno.cwd(), "mod.ts")];
    for (const way of here) assert.equal((await ids.of(way)).id, "mod.ts");
    const beside = `${Deno.cwd()}-of-somebody/mod.ts`; // Its path begins as the working directory's.
    assert.equal((await ids.of(beside)).id, beside);
    assert.equal((await ids.of(`../x${Deno.cwd().slice(1).replaceAll("/", "-")}/mod.ts`)).id[0], "/");
  });
});
