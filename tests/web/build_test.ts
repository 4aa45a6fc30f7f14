import assert from "node:assert/strict";
import { buildPages } from "../../web/build.ts";
import { SiteError } from "../../web/errors.ts";
import { withFolder } from "../cli/run_task.ts";

Deno.test("The site's pages name no file that is not built, and load nothing from elsewhere", async () => {
  await withFolder(async (folder) => {
    const built = new Set((await buildPages(folder)).map(({ name }) => name));
    const pages = [...built].filter((name) => name.endsWith(".html"));
    assert.ok(pages.length >= 3);
    for (const page of pages) {
      const text = await Deno.readTextFile(`${folder}/${page}`);
      const loaded = [...text.matchAll(/<(?:script|img|link|iframe|source)\b[^>]*(?:src|href)="([^"]*)"/g)];
      const linked = [...text.matchAll(/<a\b[^>]*href="([^"#]+)/g)];
      assert.ok(loaded.length >= 3, page);
      const names = [...loaded, ...linked.filter(([, name]) => !name.startsWith("https:"))];
      assert.deepEqual(names.map(([, name]) => name).filter((name) => !built.has(name)), [], page);
      assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/, page); // The policy forbids them.
    }
  });
});

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
