import assert from "node:assert/strict";
import { decodeJsonl, decodeLabels } from "../../embed/jsonl.ts";
import { decodeParquet } from "../../embed/parquet.ts";

/** Two rows of an earlier version, whose column of cameras was INT32. */
const PARQUET = Uint8Array.fromBase64(
  "UEFSMRUGFVIVVlwVBBUAFQQVABUAFQAAACmgFwAAADAwMDJfYzFzMV8wMDA0NTFfMDMuanBnCgAAAGRvb3JfMS5qcGcVBhUMFRBcFQQVAhUEFQAV" +
    "BBUAAAADAQQMAQAAABUGFRQVGFwVBBUCFQQVABUEFQAAAAMBCBzDAQAAAAAAABUGFSgVKFwVCBUAFQQVABUEFQQAAAMKAw8AAIA/AAAAQAAAQEAA" +
    "AIBAFQQZfEgHdmVjdG9ycxUIABUMJQAYAmlkJQBMHAAAABUCJQIYBmNhbWVyYQAVBCUCGAR0aW1lADUAGAllbWJlZGRpbmcVAhUGTDwAAAA1BBgE" +
    "bGlzdBUCABUIJQAYB2VsZW1lbnQAFgQZHBlMJggcFQwZFQAZGAJpZBUCFgQWfBaAASYIAAAmiAEcFQIZFQAZGAZjYW1lcmEVAhYEFjYWOiaIAQAA" +
    "JsIBHBUEGRUAGRgEdGltZRUCFgQWPhZCJsIBAAAmhAIcFQgZFQAZOAllbWJlZGRpbmcEbGlzdAdlbGVtZW50FQAWCBZSFlImhAIAABbCAhYENs4C" +
    "ABkAGAt3ZWJncHUtcmVpZBlMHAAAHAAAHAAAHAAAABgBAABQQVIx",
);

Deno.test("vectors of earlier versions, with cameras as numbers, are read with cameras as text", async () => {
  const market = { id: "0002_c1s1_000451_03.jpg", camera: "1", time: 451 };
  const rows = (await Array.fromAsync(decodeParquet(PARQUET))).flat();
  assert.deepEqual(rows, [
    { ...market, embedding: Float32Array.of(1, 2) },
    { id: "door_1.jpg", embedding: Float32Array.of(3, 4) },
  ]);
  const line = (object: unknown) => new TextEncoder().encode(`${JSON.stringify(object)}\n`);
  assert.deepEqual(decodeLabels(line({ ...market, camera: 1 })), [market]);
  assert.equal(decodeJsonl(line({ ...market, camera: 1, embedding: [1] }))[0]?.camera, "1");
});
