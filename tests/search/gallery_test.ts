import assert from "node:assert/strict";
import { openEmbedded } from "../../search/embedded_database.ts";
import { Gallery } from "../../search/gallery.ts";
import { withFolder } from "../cli/run_task.ts";
import { checkGallery } from "./gallery_checks.ts";

Deno.test("A gallery in a folder", async (t) => {
  await withFolder(async (parent) => {
    const folder = `${parent}/gallery`;
    await assert.rejects(openEmbedded(folder), {
      message: /There is no index in .*add images/,
      remedies: [{ kind: "add-images", index: folder }],
    });
    let database = await openEmbedded(folder, { create: true });
    await checkGallery(t, () => database);

    await t.step("is open to one process at a time", async () => {
      await assert.rejects(openEmbedded(folder), {
        message: /Another process has the index in .*server/,
        remedies: [{ kind: "change", settings: ["database"] }],
      });
    });

    await t.step("is there after closing, and by then open to others", async () => {
      const before = await (await Gallery.open(database)).stats();
      await database.close();
      database = await openEmbedded(folder);
      const after = await (await Gallery.open(database)).stats();
      assert.deepEqual({ ...after, bytes: 0 }, { ...before, bytes: 0 });
    });
    await database.close();
  });
});
