import assert from "node:assert/strict";
import { DOMParser, type HTMLElement } from "linkedom";
import { resultPage } from "../../search/page/page.ts";
import { withFolder } from "../cli/run_task.ts";

const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);

Deno.test("The page of a search holds its pictures, and names in it are text", async () => {
  await withFolder(async (folder) => {
    const evil = `<script>alert(1)</script>" onerror='x'&.jpg`;
    const query = `${folder}/query.jpg`;
    await Deno.writeFile(query, JPEG);
    await Deno.writeFile(`${folder}/note.jpg`, new TextEncoder().encode("<svg onload=alert(1)>"));
    const page = await resultPage({
      query,
      gallery: evil,
      found: [
        { id: evil, path: query, distance: 0.125, camera: evil, time: "2026-01-31T18:30:05.000Z" },
        { id: "no picture", path: `${folder}/note.jpg`, distance: 0.5, frame: 7 },
        { id: "nowhere", distance: 0.75 },
      ],
    });
    const document = new DOMParser().parseFromString(page, "text/html");
    assert.equal(document.querySelectorAll("script, [onerror], svg").length, 0);
    const cards = [...document.querySelectorAll("li")] as unknown as HTMLElement[];
    assert.deepEqual(cards.map((card) => card.querySelector(".name")!.textContent), [
      evil,
      "no picture",
      "nowhere",
    ]);
    assert.deepEqual([...cards[0].querySelectorAll("dd")].map((fact) => fact.textContent), [
      "0.1250",
      evil,
      "2026-01-31 18:30:05 UTC",
    ]);
    assert.equal(cards[0].querySelector("img")!.getAttribute("alt"), `Rank 1: ${evil}`);
    const pictures = [...document.querySelectorAll("img")].map((image) => image.getAttribute("src"));
    assert.deepEqual(pictures, Array(2).fill(`data:image/jpeg;base64,${btoa(String.fromCharCode(...JPEG))}`));
    assert.equal(document.querySelectorAll(".missing").length, 2);
  });
});
