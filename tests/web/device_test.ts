import assert from "node:assert/strict";
import { withFolder } from "../cli/run_task.ts";
import { callRun, complaintsOf, withBrowser, withServer, writeScriptPage } from "./browser.ts";

Deno.test("The engine computes in a browser, bundled as any page would have it", async () => {
  await withFolder(async (folder) => {
    await writeScriptPage(folder, new URL("scripts/small_program.ts", import.meta.url));
    await withServer(folder, (url) =>
      withBrowser(async (browser) => {
        const page = await browser.newPage();
        const complaints = complaintsOf(page);
        const { product, adapter, storage } = await callRun<{
          product: number[];
          adapter: { name: string; software: boolean };
          storage: string;
        }>(page, url, [1, 2, 3, 4, 5, 6], [1, 0, 0, 1, 2, 2]);
        assert.deepEqual(product, [7, 8, 16, 17]);
        assert.equal(adapter.software, true);
        assert.match(adapter.name, /swiftshader/i);
        assert.equal(storage, "buffer");
        assert.deepEqual(complaints, []);
      }));
  });
});
