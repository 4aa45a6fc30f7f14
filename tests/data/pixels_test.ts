import assert from "node:assert/strict";
import { join } from "node:path";
import { Image } from "imagescript";
import { DataError } from "../../data/errors.ts";
import { fingerprint, PIXELS_VERSION } from "../../data/pixel_cache.ts";
import { PixelStore, type PixelStoreOptions } from "../../data/pixels.ts";

const HEIGHT = 12, WIDTH = 6;

function picture(red: number, width = WIDTH, height = HEIGHT): Image {
  return new Image(width, height).fill((red << 24 | 100 << 16 | 50 << 8 | 255) >>> 0);
}

/** Makes 100 good JPEGs, 000.jpg to 099.jpg, in which image i has red 2 i. */
async function withPictures(use: (folder: string, paths: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const paths: string[] = [];
    for (let i = 0; i < 100; i++) {
      paths.push(join(folder, `${String(i).padStart(3, "0")}.jpg`));
      await Deno.writeFile(paths[i]!, await picture(2 * i).encodeJPEG(95));
    }
    await use(folder, paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function open(paths: string[], extra: Partial<PixelStoreOptions> = {}) {
  let decoded = 0;
  const store = await PixelStore.open(paths.map((path) => ({ path })), {
    height: HEIGHT,
    width: WIDTH,
    workers: 2,
    onProgress: (done) => decoded = done,
    ...extra,
  });
  return { store, decoded };
}

function redOf(store: PixelStore, index: number): number {
  const out = new Uint8Array(store.stride);
  store.batch([index], out);
  return out[3 * Math.floor(store.height * store.width / 2)]!;
}

Deno.test("PixelStore copies the decoded images of a batch in the order asked, rows of RGB", async () => {
  await withPictures(async (_, paths) => {
    const { store, decoded } = await open(paths);
    assert.equal(decoded, 100);
    assert.equal(store.stride, HEIGHT * WIDTH * 3);
    const out = new Uint8Array(3 * store.stride);
    store.batch(Int32Array.of(70, 3, 70), out);
    [140, 6, 140].forEach((red, slot) => {
      for (let i = 0; i < store.stride; i += 3) {
        const rgb = out.subarray(slot * store.stride + i, slot * store.stride + i + 3);
        [red, 100, 50].forEach((value, channel) => assert.ok(Math.abs(rgb[channel]! - value) <= 3, `${rgb}`));
      }
    });
    assert.throws(() => store.batch([100], out), RangeError);
    assert.throws(() => store.batch([0, 1, 2, 3], out), RangeError);
    store.close();
  });
});

Deno.test("PixelStore resizes, and pads an image's bytes to a multiple of 4", async () => {
  await withPictures(async (folder) => {
    const left = picture(0, 40, 30);
    for (let y = 1; y <= 30; y++) for (let x = 21; x <= 40; x++) left.setPixelAt(x, y, 0xff643200 + 255);
    const path = join(folder, "halves.jpg");
    await Deno.writeFile(path, await left.encodeJPEG(98));
    const { store } = await open([path], { height: 3, width: 5 });
    assert.equal(store.stride, 48);
    const out = new Uint8Array(48).fill(9);
    store.batch([0], out);
    const reds = [...out].filter((_, i) => i < 45 && i % 3 === 0);
    for (let y = 0; y < 3; y++) {
      const [a, b, c, d, e] = reds.slice(5 * y, 5 * y + 5) as [number, number, number, number, number];
      assert.ok(a < 8 && b < 30 && Math.abs(c - 127) < 12 && d > 225 && e > 247, `${[a, b, c, d, e]}`);
    }
    assert.deepEqual([...out.subarray(45)], [0, 0, 0]);
  });
});

const broken: [what: string, bytes: (good: Uint8Array) => Uint8Array, reason: RegExp][] = [
  ["a JPEG without its last bytes", (good) => good.slice(0, good.length - 5), /truncated JPEG/],
  ["a JPEG cut in its header", (good) => good.slice(0, 15), /truncated JPEG/],
  ["a zero-byte file", () => new Uint8Array(0), /empty file/],
  ["text named .jpg", () => new TextEncoder().encode("no picture at all"), /neither a JPEG nor a PNG/],
  ["a JPEG that claims 65,535 × 65,535 pixels", (good) => {
    const bytes = good.slice();
    const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.fill(0xff, frame + 5, frame + 9);
    return bytes;
  }, /65535 × 65535 pixels are more than/],
];

for (const [what, damage, reason] of broken) {
  Deno.test(`PixelStore names and skips ${what}`, async () => {
    await withPictures(async (_, paths) => {
      await Deno.writeFile(paths[42]!, damage(await Deno.readFile(paths[42]!)));
      const { store } = await open(paths);
      assert.deepEqual(store.failed.map((image) => image.path), [paths[42]]);
      assert.match(store.failed[0]!.reason, reason);
      assert.equal(store.usable.filter((usable) => !usable).length, 1);
      assert.equal(store.usable[42], false);
      assert.ok(Math.abs(redOf(store, 43) - 86) <= 3);
      assert.throws(() => redOf(store, 42), RangeError);
    });
  });
}

Deno.test("PixelStore counts a file once that is in the list twice, as a query and in the gallery", async () => {
  await withPictures(async (_, paths) => {
    await Deno.writeFile(paths[7]!, new Uint8Array(0));
    const { store } = await open([paths[7]!, ...paths.slice(0, 20), ...paths]);
    assert.deepEqual([store.count, store.files, store.failed], [121, 100, [{
      path: paths[7],
      reason: "empty file",
    }]]);
    assert.deepEqual([0, 8, 28, 29].map((i) => store.usable[i]), [false, false, false, true]);
    await assert.rejects(open([paths[7]!, ...paths.slice(0, 20)]), (error: Error) => {
      assert.match(error.message, /^1 of 20 images cannot be decoded/);
      return error.message.split(paths[7]!).length === 2;
    });
  });
});

Deno.test("PixelStore decodes a PNG named .jpg, since the content decides", async () => {
  await withPictures(async (_, paths) => {
    await Deno.writeFile(paths[5]!, await picture(201).encode());
    const { store } = await open(paths);
    assert.deepEqual(store.failed, []);
    assert.equal(redOf(store, 5), 201);
  });
});

Deno.test("PixelStore refuses a list of which over 1 % fails, naming files, and leaves no cache behind", async () => {
  await withPictures(async (folder, paths) => {
    await Deno.writeFile(paths[1]!, new Uint8Array(0));
    await Deno.remove(paths[2]!);
    const cacheFile = join(folder, "cache", "pixels.bin");
    await assert.rejects(open(paths, { cacheFile }), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(
        error.message,
        /^2 of 100 images cannot be decoded.*001\.jpg \(empty file\); .*002\.jpg \(No such file/,
      );
      return true;
    });
    assert.throws(() => Deno.statSync(cacheFile), Deno.errors.NotFound);
  });
});

Deno.test("PixelStore takes pixels from its cache until a file, the list or the size changes", async () => {
  await withPictures(async (folder, paths) => {
    const extra = { cacheFile: join(folder, "cache", "pixels.bin") };
    await Deno.writeFile(paths[42]!, new Uint8Array(0));
    const openings: [string, string[], number, Partial<PixelStoreOptions>][] = [
      ["first", paths, 100, {}],
      ["again", paths, 0, {}],
      ["fewer images", paths.slice(43), 57, {}],
      ["other order", paths.toReversed(), 100, {}],
      ["as many pixels", paths.toReversed(), 100, { width: WIDTH * 2, height: HEIGHT / 2 }],
      ["other size", paths.toReversed(), 100, { width: WIDTH + 1 }],
      ["back", paths, 100, {}],
    ];
    for (const [what, list, expected, change] of openings) {
      const { store, decoded } = await open(list, { ...extra, ...change });
      assert.equal(decoded, expected, what);
      assert.deepEqual(store.notes, []);
      assert.deepEqual(
        store.failed.map(({ reason }) => reason),
        list.includes(paths[42]!) ? ["empty file"] : [],
      );
      assert.ok(Math.abs(redOf(store, list.indexOf(paths[77]!)) - 154) <= 3, what);
      store.close();
    }

    await Deno.writeFile(paths[77]!, await picture(10).encodeJPEG(95));
    const changed = await open(paths, extra);
    assert.equal(changed.decoded, 100, "a changed file");
    assert.ok(Math.abs(redOf(changed.store, 77) - 10) <= 3);
    changed.store.close();

    await Deno.truncate(extra.cacheFile, 500);
    const truncated = await open(paths, extra);
    assert.equal(truncated.decoded, 100, "a truncated cache");
    truncated.store.close();
    const names = [...Deno.readDirSync(join(folder, "cache"))].map((entry) => entry.name);
    assert.deepEqual(names, ["pixels.bin"], "no temporary file is left");
  });
});

Deno.test("Cached pixels are those of one version of the decoding", async () => {
  const text = JSON.stringify([PIXELS_VERSION, HEIGHT, WIDTH]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  assert.equal(await fingerprint([], HEIGHT, WIDTH), new Uint8Array(digest).toHex());
});

Deno.test("PixelStore says so when its cache file is cut short while it is in use", async () => {
  await withPictures(async (folder, paths) => {
    const cacheFile = join(folder, "pixels.bin");
    const { store } = await open(paths, { cacheFile });
    await Deno.truncate(cacheFile, 50 * store.stride);
    assert.ok(Math.abs(redOf(store, 4) - 8) <= 3);
    assert.throws(() => redOf(store, 77), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(
        error.message,
        /can no longer be read from the cache: .*decodes the images again.*resumed/,
      );
      assert.deepEqual(error.remedies, [{ kind: "resume" }]);
      return true;
    });
    store.close();
  });
});

Deno.test("PixelStore works without its cache where it cannot be written, and says so, if memory holds the pixels", async () => {
  await withPictures(async (_, paths) => {
    const cacheFile = join(paths[0]!, "no folder", "pixels.bin");
    const { store } = await open(paths.slice(1), { cacheFile });
    assert.match(store.notes[0]!, /cannot be kept in .* decoded again by the next run/);
    assert.ok(Math.abs(redOf(store, 4) - 10) <= 3);
    await assert.rejects(open(paths, { cacheFile, memoryLimit: 0 }), DataError);
  });
});
