/** The decoder beside another one, sharp (libvips with libjpeg and libspng), over generated files of every kind. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { decodeImage } from "../../data/images/decode_image.ts";
import { seededRandom } from "../reference/seeded_random.ts";
import { chunk } from "../torture/input/png_file.ts";
import { adobe, type DrawnJpeg, drawnJpeg, exif, exifSegment, JFIF } from "./jpeg_writer.ts";
import { drawnPng } from "./png_writer.ts";

/** RGB [height, width, 3]. */
interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

async function ours(bytes: Uint8Array): Promise<Picture> {
  const { width, height, channels, data } = await decodeImage(bytes);
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    return data[Math.floor(i / 3) * channels + (channels === 1 ? 0 : i % 3)];
  });
  return { width, height, rgb };
}

/** Upright and without alpha. Four inks become RGB by the formula that Pillow uses, not by a color profile. */
async function theirs(bytes: Uint8Array): Promise<Picture> {
  const image = sharp(bytes, { failOn: "warning" }).autoOrient();
  const fourInks = (await sharp(bytes).metadata()).space === "cmyk";
  const space = fourInks ? "cmyk" : "srgb";
  const raw = image.pipelineColourspace(space).toColourspace(space).removeAlpha().raw();
  const { data, info: { width, height, channels } } = await raw.toBuffer({ resolveWithObject: true });
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3) * channels;
    if (!fourInks) return data[at + (channels === 1 ? 0 : i % 3)];
    return Math.round((255 - data[at + i % 3]) * (255 - data[at + 3]) / 255);
  });
  return { width, height, rgb };
}

/** Decodes all, and says which differ by more than `most`. */
async function compare(files: ReadonlyMap<string, Uint8Array>, most: number): Promise<void> {
  const wrong: string[] = [];
  for (const [name, bytes] of files) {
    const [a, b] = [await ours(bytes), await theirs(bytes)];
    const difference = a.width !== b.width || a.height !== b.height
      ? Infinity
      : a.rgb.reduce((max, value, i) => Math.max(max, Math.abs(value - b.rgb[i])), 0);
    if (difference > most) wrong.push(`${name}: ${difference}`);
  }
  assert.deepEqual(wrong, [], `of ${files.size} files`);
}

const SAMPLINGS: Readonly<Record<string, DrawnJpeg["sampling"]>> = {
  gray: [[1, 1]],
  "gray 2×2": [[2, 2]],
  "4:4:4": [[1, 1], [1, 1], [1, 1]],
  "4:2:2": [[2, 1], [1, 1], [1, 1]],
  "4:4:0": [[1, 2], [1, 1], [1, 1]],
  "4:2:0": [[2, 2], [1, 1], [1, 1]],
  "4:1:1": [[4, 1], [1, 1], [1, 1]],
  "4:1:0": [[4, 2], [1, 1], [1, 1]],
  "3:1:1": [[3, 1], [1, 1], [1, 1]],
  "chroma of two kinds": [[2, 2], [2, 1], [1, 2]],
  "luma halved": [[1, 1], [2, 2], [2, 2]],
};

Deno.test("decodeImage() agrees with sharp on JPEGs of every sampling, order of scans and size", async () => {
  const files = new Map<string, Uint8Array>();
  for (const [sampling, factors] of Object.entries(SAMPLINGS)) {
    for (const [width, height] of [[37, 29], [48, 16], [5, 40], [19, 1], [1, 1]]) {
      for (const [scans, restart] of [["one", 0], ["one", 2], ["separate", 0], ["progressive", 1]] as const) {
        const file = drawnJpeg({ width, height, sampling: factors, head: [JFIF], scans, restart });
        files.set(`${sampling}, ${width} × ${height}, ${scans}, restarts ${restart}`, file);
      }
    }
  }
  await compare(files, 3);
});

Deno.test("decodeImage() takes a JPEG's colors as libjpeg does, from JFIF, Adobe and the components' names", async () => {
  const files = new Map<string, Uint8Array>();
  const heads: Readonly<Record<string, Uint8Array[]>> = {
    nothing: [],
    JFIF: [JFIF],
    "Adobe 0": [adobe(0)],
    "Adobe 1": [adobe(1)],
    "Adobe 2": [adobe(2)],
    "JFIF and Adobe 0": [JFIF, adobe(0)],
    "Adobe 0 and JFIF": [adobe(0), JFIF],
  };
  const names = { "1, 2, 3": [1, 2, 3], "0, 1, 2": [0, 1, 2], RGB: [82, 71, 66], rgb: [114, 103, 98] };
  for (const [name, head] of Object.entries(heads)) {
    for (const [called, ids] of Object.entries(names)) {
      for (const tables of [true, false]) {
        const unwarned = name !== "Adobe 2"; // sharp refuses this one, of which libjpeg warns.
        const sampling = SAMPLINGS["4:4:4"];
        const file = drawnJpeg({ width: 21, height: 10, sampling, head, ids, tables });
        if (unwarned) files.set(`${name}, ${called}, tables ${tables}`, file);
      }
    }
    if (name === "Adobe 1") continue; // As above: no transform of four inks.
    for (const scans of ["one", "separate", "progressive"] as const) {
      for (const sampling of [[[1, 1], [1, 1], [1, 1], [1, 1]], [[2, 2], [1, 1], [1, 1], [2, 2]]] as const) {
        files.set(`${name}, four inks, ${scans}`, drawnJpeg({ width: 35, height: 9, sampling, head, scans }));
      }
    }
  }
  await compare(files, 3);
});

Deno.test("decodeImage() agrees with sharp on JPEGs of its encoder", async () => {
  const random = seededRandom(1);
  const files = new Map<string, Uint8Array>();
  for (const [width, height] of [[33, 47], [64, 16], [5, 5]]) {
    const noise = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
    const edges = noise.map((_, i) => (i >> 4) % 3 === i % 3 ? 255 : 0);
    for (const [kind, pixels] of Object.entries({ noise, edges })) {
      for (const quality of [5, 60, 98]) {
        for (const chromaSubsampling of ["4:4:4", "4:2:0"]) {
          for (const progressive of [false, true]) {
            const image = sharp(pixels, { raw: { width, height, channels: 3 } });
            const file = await image.jpeg({ quality, chromaSubsampling, progressive }).toBuffer();
            files.set(`${kind} ${width} × ${height}, ${quality} ${chromaSubsampling} ${progressive}`, file);
          }
        }
      }
    }
  }
  await compare(files, 3);
});

Deno.test("decodeImage() turns JPEGs and PNGs upright as sharp does, by the first directory of their EXIF", async () => {
  const sampling = SAMPLINGS["4:2:0"];
  const jpegs = new Map<string, Uint8Array>(), pngs = new Map<string, Uint8Array>();
  const comment = Uint8Array.of(0xff, 0xfe, 0, 6, 1, 2, 3, 4);
  for (let orientation = 1; orientation <= 8; orientation++) {
    for (const little of [true, false]) {
      const block = exif(orientation, { little, thumbnail: orientation % 8 + 1 });
      const segment = exifSegment(block);
      for (const head of [[segment], [JFIF, comment, segment], [segment, adobe(1)]]) {
        const jpeg = drawnJpeg({ width: 21, height: 11, sampling, head });
        jpegs.set(`${orientation}, little ${little}, ${head.length} segments`, jpeg);
      }
      for (const [color, depth] of [[0, 1], [2, 8], [3, 4], [6, 16]]) {
        const header = { width: 7, height: 5, color, depth, interlace: 0 };
        pngs.set(
          `${orientation}, ${color}, ${depth}, little ${little}`,
          drawnPng(header, [chunk("eXIf", block)]),
        );
      }
    }
  }
  await compare(jpegs, 3);
  await compare(pngs, 0);
});

Deno.test("decodeImage() agrees with sharp on PNGs of every color type and depth; only what makes pixels counts", async () => {
  const files = new Map<string, Uint8Array>();
  for (const color of [0, 2, 3, 4, 6]) {
    for (const depth of [1, 2, 4, 8, 16]) {
      if (color === 3 ? depth > 8 : color !== 0 && depth < 8) continue;
      const noise = Uint8Array.from({ length: 2 ** Math.min(depth, 8) }, (_, i) => 37 * i);
      const key = color === 3 ? noise : new Uint8Array(color === 0 ? 2 : 6).map((_, i) => i % 2);
      const extras: Readonly<Record<string, Uint8Array[]>> = {
        plain: [],
        "gAMA and cHRM": [
          chunk("gAMA", Uint8Array.of(0, 0, 0x30, 0)),
          chunk("cHRM", new Uint8Array(32).fill(1)),
        ],
        "sBIT and bKGD": [chunk("bKGD", new Uint8Array(color === 3 ? 1 : color % 4 === 0 ? 2 : 6))],
        ...(color < 4 ? { tRNS: [chunk("tRNS", key)] } : {}),
        APNG: [chunk("acTL", Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0))],
      };
      for (const [extra, chunks] of Object.entries(extras)) {
        for (const interlace of [0, 1]) {
          for (const [width, height] of extra === "plain" ? [[13, 9], [1, 1]] : [[13, 9]]) {
            const header = { width, height, color, depth, interlace };
            files.set(`${JSON.stringify(header)}, ${extra}`, drawnPng(header, chunks));
          }
        }
      }
    }
  }
  await compare(files, 0);
});
