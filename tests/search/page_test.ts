import assert from "node:assert/strict";
import { DOMParser, type HTMLElement } from "linkedom";
import { resultPage } from "../../search/page/page.ts";
import { drawnJpeg, exif, exifSegment } from "../data/jpeg_writer.ts";
import { drawnPng } from "../data/png_writer.ts";
import { chunk } from "../torture/input/png_file.ts";
import { withFolder } from "../cli/run_task.ts";

const JPEG = drawnJpeg({ width: 8, height: 8, sampling: [[1, 1]], head: [exifSegment(exif(6))] });
const HEADER = { width: 4, height: 4, depth: 8, color: 2, interlace: 0 };

Deno.test("The page of a search holds its pictures, and names in it are text", async () => {
  await withFolder(async (folder) => {
    const evil = `<script>alert(1)</script>" onerror='x'&.jpg`;
    const query = `${folder}/query.jpg`;
    await Deno.writeFile(query, JPEG);
    const turned = chunk("eXIf", exif(6));
    const others = [chunk("tEXt", new Uint8Array(9)), chunk("tRNS", new Uint8Array(6))];
    await Deno.writeFile(`${folder}/keyed.png`, drawnPng(HEADER, others, [turned]));
    await Deno.writeFile(`${folder}/note.jpg`, new TextEncoder().encode("<svg onload=alert(1)>"));
    const more = [`${folder}/keyed.png`, `${folder}/missing.jpg`];
    const page = await resultPage({
      queries: [query, ...more],
      gallery: evil,
      found: [
        { id: evil, path: query, distance: 0.125, camera: evil, time: "2026-01-31T18:30:05.000Z" },
        { id: "keyed", path: `${folder}/keyed.png`, distance: 0.25 },
        { id: "no picture", path: `${folder}/note.jpg`, distance: 0.5, frame: 7 },
        { id: "nowhere", distance: 0.75 },
      ],
    });
    const document = new DOMParser().parseFromString(page, "text/html");
    assert.equal(document.querySelectorAll("script, [onerror], svg").length, 0);
    const cards = [...document.querySelectorAll("li")] as unknown as HTMLElement[];
    assert.deepEqual(cards.map((card) => card.querySelector(".name")!.textContent), [
      evil,
      "keyed",
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
    // Pictures carry their orientation, which a browser applies; PNGs only that and their opaque pixels.
    const jpeg = `data:image/jpeg;base64,${JPEG.toBase64()}`;
    const png = `data:image/png;base64,${drawnPng(HEADER, [turned]).toBase64()}`;
    assert.deepEqual(pictures, [jpeg, png, jpeg, png]);
    assert.equal(document.querySelectorAll(".missing").length, 3);
    assert.match(
      document.querySelector("header .name")!.textContent,
      /query\.jpg, .*keyed\.png, .*missing\.jpg$/,
    );
  });
});
