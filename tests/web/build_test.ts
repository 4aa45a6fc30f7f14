import assert from "node:assert/strict";
import { buildPages } from "../../web/build.ts";
import { SiteError } from "../../web/errors.ts";
import { withFolder } from "../cli/run_task.ts";

Deno.test("A build replaces an earlier one with all that it held, and no other folder", async () => {
  await withFolder(async (folder) => {
    const site = `${folder}/site`;
    await buildPages(site);
    await Deno.mkdir(`${site}/gallery`);
    await Deno.writeTextFile(`${site}/gallery/00000.jpg`, "somebody who is not to be shown any more");
    await buildPages(site);
    const names = (await Array.fromAsync(Deno.readDir(site))).map(({ name }) => name);
    assert.ok(names.includes("index.html") && !names.includes("gallery"));

    await Deno.writeTextFile(`${folder}/thesis.txt`, "years of work");
    await assert.rejects(buildPages(folder), SiteError);
    assert.equal(await Deno.readTextFile(`${folder}/thesis.txt`), "years of work");
  });
});
