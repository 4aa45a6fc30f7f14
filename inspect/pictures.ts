/** Small pictures for a page, as addresses that hold their bytes. */
import { DecodePool } from "../data/images/decode_pool.ts";
import { opaque } from "../train/report/contact_sheet.ts";
import { MEASURED } from "./image_facts.ts";

/** Quality of the JPEG: 2 to 3 KB a picture. */
const QUALITY = 75;

/**
 * Decodes files again and makes pictures of 64 × 128 pixels of them.
 *
 * @returns addresses by path; a file that can no longer be decoded has none.
 */
export async function smallPictures(
  paths: readonly string[],
  { workers, onProgress = () => {} }: { workers: number; onProgress?: (done: number, total: number) => void },
): Promise<Map<string, string>> {
  const pool = new DecodePool({ ...MEASURED, workers });
  const found = new Map<string, string>();
  let done = 0;
  try {
    await Promise.all([...new Set(paths)].map(async (path) => {
      const reply = await pool.decode(path);
      if ("pixels" in reply) {
        const jpeg = await opaque(reply.pixels, MEASURED.width, MEASURED.height).encodeJPEG(QUALITY);
        found.set(path, `data:image/jpeg;base64,${jpeg.toBase64()}`);
      }
      onProgress(++done, paths.length);
    }));
    return found;
  } finally {
    pool.close();
  }
}
