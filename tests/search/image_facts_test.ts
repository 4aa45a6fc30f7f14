import assert from "node:assert/strict";
import { galleryImage } from "../../search/image_facts.ts";

Deno.test("Dates are read from the names of custom images; cameras are those of the embedding", () => {
  const embedding = new Float32Array(4);
  const facts = (id: string, known = {}) => {
    const { embedding: _, ...rest } = galleryImage({ id, embedding, ...known });
    return rest;
  };
  const names: [string, Record<string, unknown>][] = [
    ["alice/door_0001.jpg", {}],
    ["door_20260131T183005.jpg", { time: "2026-01-31T18:30:05.000Z" }],
    ["door_2026-01-31_18-30-05_2.jpg", { time: "2026-01-31T18:30:05.000Z" }],
    ["door_20260231T183005.jpg", {}],
    ["door_120260131T183005.jpg", {}],
  ];
  for (const [id, expected] of names) assert.deepEqual(facts(id), { id, ...expected });
  const market = "0002_c1s1_000451_03.jpg";
  assert.deepEqual(facts(market, { camera: "1", time: 451 }), { id: market, camera: "1", frame: 451 });
});
