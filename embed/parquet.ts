/**
 * Vectors as Apache Parquet: columns id (STRING), camera (STRING, null where unknown), time (INT64, null where
 * unknown) and embedding (LIST of required FLOAT, all of one length); of tracklets, also tracklet (STRING, null for an image
 * alone), images (INT32) and spread (FLOAT). Parquet has no list of a fixed length; pandas,
 * pyarrow and DuckDB read this as a list of float32. The file's key-value metadata identifies the network of the vectors.
 */
import { parquetMetadata, parquetReadObjects, type SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ImageEmbedding } from "./embed_images.ts";
import { known } from "./jsonl.ts";

const SCHEMA: SchemaElement[] = [
  { name: "vectors", num_children: 4 },
  {
    name: "id",
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "REQUIRED",
  },
  {
    name: "camera",
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "OPTIONAL",
  },
  { name: "time", type: "INT64", repetition_type: "OPTIONAL" },
  {
    name: "embedding",
    num_children: 1,
    converted_type: "LIST",
    logical_type: { type: "LIST" },
    repetition_type: "REQUIRED",
  },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];

/** The columns of tracklets, before the embedding. */
const TRACKLET_SCHEMA: SchemaElement[] = [
  {
    name: "tracklet",
    type: "BYTE_ARRAY",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
    repetition_type: "OPTIONAL",
  },
  { name: "images", type: "INT32", repetition_type: "REQUIRED" },
  { name: "spread", type: "FLOAT", repetition_type: "REQUIRED" },
];

/** The schema of images, or of tracklets. */
function schemaOf(ofTracklets: boolean): SchemaElement[] {
  if (!ofTracklets) return SCHEMA;
  const before = SCHEMA.findIndex(({ name }) => name === "embedding");
  const columns = [...SCHEMA.slice(1, before), ...TRACKLET_SCHEMA];
  return [{ name: "vectors", num_children: columns.length + 1 }, ...columns, ...SCHEMA.slice(before)];
}

/** Rows in a row group: few enough that the encoder's memory is small compared to the shard. */
const GROUP = 500;

/** The bytes of a file with these rows and `metadata`. */
export function encodeParquet(
  rows: readonly ImageEmbedding[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(), ofTracklets = rows.some(({ images }) => images !== undefined);
  const file = new ParquetWriter({
    writer,
    schema: schemaOf(ofTracklets),
    statistics: false,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: "webgpu-reid",
  });
  for (let start = 0; start < rows.length; start += GROUP) {
    const group = rows.slice(start, start + GROUP);
    file.write({
      rowGroupSize: GROUP,
      columnData: [
        { name: "id", data: group.map(({ id }) => id) },
        { name: "camera", data: group.map(({ camera }) => camera ?? null) },
        { name: "time", data: group.map(({ time }) => time === undefined ? null : BigInt(time)) },
        ...(ofTracklets
          ? [
            { name: "tracklet", data: group.map(({ tracklet }) => tracklet ?? null) },
            { name: "images", data: group.map(({ images = 1 }) => images) },
            { name: "spread", data: group.map(({ spread = 0 }) => spread) },
          ]
          : []),
        {
          name: "embedding",
          data: group.map(({ embedding }) => Array.from(embedding)),
          encoding: "PLAIN", // A dictionary or compression would save nothing on vectors.
          codec: "UNCOMPRESSED",
        },
      ],
    });
  }
  file.finish();
  return writer.getBytes();
}

/**
 * The rows of a file that {@link encodeParquet} wrote, group by group.
 *
 * @throws {Error} When it is not a Parquet file, or lacks a column.
 */
export async function* decodeParquet(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<ImageEmbedding[]> {
  const file = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
    ? bytes.buffer
    : bytes.slice().buffer;
  const metadata = parquetMetadata(file);
  const names = metadata.schema.map(({ name }) => name);
  for (const { name } of SCHEMA.slice(1)) {
    if (!names.includes(name)) throw new Error(`it has no column ${name}`);
  }
  const rows = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < rows; rowStart += GROUP) {
    const group = await parquetReadObjects({
      file,
      metadata,
      rowStart,
      rowEnd: Math.min(rows, rowStart + GROUP),
    });
    yield group.map(({ id, time, embedding, ...rest }) => ({
      id,
      ...known({ ...rest, time: time == null ? time : Number(time) }),
      embedding: Float32Array.from(embedding),
    }));
  }
}
