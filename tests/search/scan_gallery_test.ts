/** The scan on the GPU over a gallery in its database. */
import assert from "node:assert/strict";
import { Device } from "../../engine/mod.ts";
import { openEmbedded } from "../../search/embedded_database.ts";
import { SearchError } from "../../search/errors.ts";
import type { GalleryFilter } from "../../search/filter.ts";
import { Gallery } from "../../search/gallery.ts";
import { scanGallery } from "../../search/scan_gallery.ts";
import { bruteForce } from "./drawn_vectors.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const SIZE = 12;
const COUNT = 90;

Deno.test("a scan of a gallery finds what the database finds, with filters, and is exact in f64", async () => {
  const folder = await Deno.makeTempDir();
  const device = await Device.open();
  const database = await openEmbedded(folder, { create: true });
  try {
    const model = { identity: "a".repeat(64), dimension: SIZE, summary: "drawn", flip: false };
    const gallery = await Gallery.create(database, model);
    const random = seededRandom(5);
    const draw = (count: number) =>
      Float32Array.from({ length: count * SIZE }, () => random.integer(7) / 4 - 0.75);
    const [queries, values] = [draw(3), draw(COUNT)];
    await assert.rejects(() => scanGallery(device, gallery, queries, { top: 3 }), SearchError);

    const idOf = (place: number) => `${place}.jpg`.padStart(8, "0");
    await gallery.add(Array.from({ length: COUNT }, (_, i) => ({
      id: idOf(i),
      camera: `${i % 3}`,
      frame: i,
      embedding: values.subarray(i * SIZE, (i + 1) * SIZE),
    })));
    const filters: GalleryFilter[] = [{}, { camera: "1" }, { notCamera: "1", after: 20, before: 61 }, {
      camera: "9",
    }];
    for (const filter of filters) {
      const found = await scanGallery(device, gallery, queries, { top: 7, filter });
      assert.equal(found.length, 3);
      for (const [q, list] of found.entries()) {
        const query = queries.subarray(q * SIZE, (q + 1) * SIZE);
        const expected = await gallery.search(query, { top: 7, filter, exact: true });
        assert.deepEqual(
          list.map(({ distance: _, ...facts }) => facts),
          expected.map(({ distance: _, ...facts }) => facts),
        );
        if (Object.keys(filter).length > 0) continue;
        const exact = bruteForce({ values, size: SIZE }, query, 7);
        assert.deepEqual(
          list.map(({ id, distance }) => ({ id, distance })),
          exact.map(({ position, distance }) => ({ id: idOf(position), distance })),
        );
      }
    }
  } finally {
    await database.close();
    device.destroy();
    await Deno.remove(folder, { recursive: true });
  }
});
