/** Writing vectors and taking it up again, without a GPU: the network is one that gives an image's mean color. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { imagesInFolder, imagesInList } from "../../embed/image_files.ts";
import { ImageList } from "../../embed/image_list.ts";
import { inTracklets, meansOfTracklets } from "../../embed/tracklets.ts";
import { readVectors } from "../../embed/read_vectors.ts";
import { writeVectors, type WriteVectorsOptions } from "../../embed/write_vectors.ts";
import type { Embedder } from "../../model/embedder.ts";
import { withFolder } from "../cli/run_task.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { onLocalRanks } from "../ranks/local_ranks.ts";
import { writeNoise } from "./tiny_network.ts";

const STRIDE = 32 * 32 * 3;

/** Mean red, green and blue of every image. */
const MEAN_COLOR = {
  model: { spec: { imageHeight: 32, imageWidth: 32 }, embeddingSize: 3 },
  batch: 4,
  stride: STRIDE,
  submit: (pixels: Uint8Array, count: number) => {
    const means = Float32Array.from({ length: 3 * count }, (_, i) => {
      const image = pixels.subarray(Math.floor(i / 3) * STRIDE, (Math.floor(i / 3) + 1) * STRIDE);
      return image.reduce((sum, byte, at) => at % 3 === i % 3 ? sum + byte : sum, 0) / 1024;
    });
    return Promise.resolve({ embeddings: Promise.resolve(means) });
  },
} as unknown as Embedder;

Deno.test("writeVectors() makes again what is missing or damaged and nothing else, and refuses other images or networks", async () => {
  await withFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    const [images, out] = [`${folder}/images`, `${folder}/v.npy`];
    const names = (await writeNoise(images, 10)).sort();
    await Deno.writeTextFile(`${images}/0000.jpg`, "no picture");
    const options = { model: "a", out, workers: 1, flip: false, shardSize: 4 };
    const write = async (changes: Partial<WriteVectorsOptions> = {}) => {
      using list = await ImageList.write(`${folder}/list`, imagesInFolder(images, { links: 0, others: 0 }));
      return await writeVectors(MEAN_COLOR, list, { ...options, ...changes });
    };
    const read = async () => (await Array.fromAsync((await readVectors(out)).batches())).flat();

    // Stopped after the batch of the first shard, and gone on with.
    let seen = 0;
    const stopped = await write({ onImage: () => seen++, stopRequested: () => seen >= 4 });
    assert.deepEqual([stopped.finished, stopped.shards], [false, { finished: 1, all: 3 }]);
    await assert.rejects(read(), /not finished: 1 of 3 shards/);
    const started: number[] = [];
    const rest = await write({ onStart: (done) => started.push(done) });
    assert.deepEqual(
      [rest.finished, rest.vectors, rest.failed, rest.embedded, started],
      [true, 10, 1, 7, [4]],
    );
    const expected = await read();
    assert.deepEqual(expected.map(({ id }) => id), names.map((name) => `${images}/${name}`));
    assert.equal(new Set(expected.map(({ embedding }) => `${embedding}`)).size, 10);

    assert.equal((await write()).embedded, 0);
    const part = `${out}/part-00001.npy`;
    const bytes = await Deno.readFile(part);
    await Deno.writeFile(part, bytes.with(-1, bytes.at(-1)! ^ 1));
    await assert.rejects(read(), /part-00001\.npy has changed/);
    assert.equal((await write()).embedded, 4);
    assert.deepEqual(await Deno.readFile(part), bytes);
    await Deno.remove(`${out}/part-00000.ids.jsonl`);
    assert.equal((await write()).embedded, 3);
    assert.deepEqual(await read(), expected);

    await assert.rejects(write({ model: "b" }), /another network/);
    await assert.rejects(write({ flip: true }), /without their mirror images/);
    await assert.rejects(write({ shardSize: 5 }), /4 images per shard/);
    await Deno.utime(`${images}/${names[3]}`, 1, 1); // The same number of images, and the same names.
    await assert.rejects(write(), /other or changed images \(11 then, 11 now\)/);

    await Deno.mkdir(`${folder}/broken`);
    for (const name of ["a.jpg", "b.jpg"]) await Deno.writeTextFile(`${folder}/broken/${name}`, "no picture");
    using broken = await ImageList.write(
      `${folder}/list`,
      imagesInFolder(`${folder}/broken`, { links: 0, others: 0 }),
    );
    await assert.rejects(
      writeVectors(MEAN_COLOR, broken, { ...options, out: `${folder}/b.npy` }),
      /None of the 2 images could be embedded \(.*\/a\.jpg: /,
    );
  });
});

Deno.test("writeVectors() writes means of tracklets, whole ones in each shard, and goes on after a stop", async () => {
  await withFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary), names = (await writeNoise(`${folder}/noise`, 9)).sort();
    await Deno.mkdir(`${folder}/images`);
    // Tracklet 1/1/1 of three images, of which one is broken, 1/2/1 of one, 2/1/1 of three, and distractors.
    const tracks = [
      "0001_c1s1",
      "0002_c1s1",
      "0001_c1s1",
      "0001_c2s1",
      "0000_c1s1",
      "0002_c1s1",
      "0000_c1s1",
      "0002_c1s1",
    ];
    for (const [i, track] of tracks.entries()) {
      await Deno.copyFile(`${folder}/noise/${names[i]}`, `${folder}/images/${track}_00000${9 - i}_00.jpg`);
    }
    await Deno.writeTextFile(`${folder}/images/0001_c1s1_000001_00.jpg`, "no picture");
    const files = await Array.fromAsync(imagesInFolder(`${folder}/images`, { links: 0, others: 0 }));
    const write = async (out: string, changes: Partial<WriteVectorsOptions> = {}) => {
      const mixed = [...files.filter((_, i) => i % 2 > 0), ...files.filter((_, i) => i % 2 === 0)];
      const ordered = Readable.from(inTracklets(mixed, undefined));
      using list = await ImageList.write(`${folder}/list`, ordered, () => {}, true);
      const options = { model: "a", out, workers: 1, flip: false, shardSize: 2, tracklets: true };
      return await writeVectors(MEAN_COLOR, list, { ...options, ...changes });
    };
    const read = async (out: string) => (await Array.fromAsync((await readVectors(out)).batches())).flat();
    const whole = `${folder}/whole.jsonl`, stopped = `${folder}/stopped.jsonl`;
    const written = await write(whole);
    assert.deepEqual([written.finished, written.vectors, written.failed, written.embedded], [true, 5, 1, 8]);
    const tracklets = await read(whole);
    const shown = tracklets.map(({ id, camera, time, tracklet, images }) => [
      id.split("/").at(-1),
      camera,
      time,
      tracklet,
      images,
    ]);
    const byId = shown.sort((a, b) => `${a[0]}` < `${b[0]}` ? -1 : 1);
    assert.deepEqual(byId, [
      ["0000_c1s1_000003_00.jpg", "1", 3, undefined, 1],
      ["0000_c1s1_000005_00.jpg", "1", 5, undefined, 1],
      ["0001_c1s1_000007_00.jpg", "1", 7, "1/1/1", 2],
      ["0001_c2s1_000006_00.jpg", "2", 6, "1/2/1", 1],
      ["0002_c1s1_000002_00.jpg", "1", 2, "2/1/1", 3],
    ]);
    assert.deepEqual(
      tracklets.filter(({ spread = -1 }) => spread > 1e-6).map(({ images }) => images).sort(),
      [2, 3],
    );
    let seen = 0;
    const first = await write(stopped, { onImage: () => seen++, stopRequested: () => seen >= 4 });
    assert.equal(first.finished, false);
    assert.equal((await write(stopped)).finished, true);
    assert.deepEqual(await read(stopped), tracklets);
    await assert.rejects(write(stopped, { tracklets: false }), /has vectors of tracklets/);
  });
});

Deno.test("meansOfTracklets() scales means to length one where embeddings have it, and says how far they spread", () => {
  const row = (tracklet: string | undefined, ...embedding: number[]) => ({
    id: `${embedding}`,
    ...(tracklet !== undefined && { tracklet }),
    embedding: Float32Array.from(embedding),
  });
  const rows = [
    row("a", 1, 0),
    row("a", 0, 1),
    row(undefined, 1, 0),
    row(undefined, 1, 0),
    row("b", 0, 1),
    row("b", 0, 1),
  ];
  const means = meansOfTracklets(rows, true);
  assert.deepEqual(means.map(({ images }) => images), [2, 1, 1, 2]);
  assert.deepEqual(means.map(({ embedding }) => [...embedding]), [
    [Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)],
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
  assert.deepEqual(means.map(({ spread = -1 }) => Math.abs(spread) < 1e-6), [false, true, true, true]);
  assert.ok(Math.abs((means[0]?.spread ?? 0) - (1 - Math.SQRT1_2)) < 1e-6);
  assert.deepEqual([...meansOfTracklets(rows, false)[0]!.embedding], [0.5, 0.5]);
});

Deno.test("writeVectors() on several ranks leaves the files of one process, stopped on one rank and gone on with", async () => {
  await withFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    const images = `${folder}/images`;
    const names = (await writeNoise(images, 29)).sort();
    for (const i of [0, 6, 7, 28]) await Deno.writeTextFile(`${images}/${names[i]}`, "no picture");
    const write = async (out: string, ranks?: Ranks, changes: Partial<WriteVectorsOptions> = {}) => {
      using list = await ImageList.write(
        `${folder}/list-${ranks?.rank}`,
        imagesInFolder(images, { links: 0, others: 0 }),
      );
      const sizes: number[] = [];
      const embedder = {
        ...MEAN_COLOR,
        submit: (pixels: Uint8Array, count: number) => {
          sizes.push(count);
          return MEAN_COLOR.submit(pixels, count);
        },
      } as unknown as Embedder;
      const options = { model: "a", out, workers: 1, flip: false, shardSize: 10, ranks };
      return { written: await writeVectors(embedder, list, { ...options, ...changes }), sizes };
    };
    const files = async (out: string) => {
      const parts = [0, 1, 2].flatMap((i) => [`part-0000${i}.npy`, `part-0000${i}.ids.jsonl`]);
      const paths = [`${out}.manifest.json`, ...parts.map((name) => `${out}/${name}`)];
      return await Promise.all(paths.map((path) => Deno.readFile(path)));
    };
    const outOf = async (ranks: number) => {
      await Deno.mkdir(`${folder}/on-${ranks}`);
      return `${folder}/on-${ranks}/v.npy`;
    };
    const outAlone = await outOf(1);
    const alone = await write(outAlone);
    const expected = await files(outAlone);
    for (const size of [2, 3, 9]) {
      const out = await outOf(size);
      const all = await onLocalRanks(size, (ranks) => write(out, ranks));
      assert.deepEqual(await files(out), expected, `${size} ranks`);
      for (const { written } of all) assert.deepEqual(written, alone.written);
      const sum = (values: number[]) => values.reduce((sum, n) => sum + n, 0);
      assert.equal(sum(all.map(({ sizes }) => sum(sizes))), 25, "every image is embedded once");
      assert.equal(Math.max(...all.map(({ sizes }) => sizes.length)), Math.ceil(8 / size));
    }

    const out = await outOf(4);
    const stopped = await onLocalRanks(2, (ranks) => {
      let seen = 0;
      const stopRequested = () => ranks.rank === 1 && seen >= 16;
      return write(out, ranks, { onImage: () => seen++, stopRequested });
    });
    for (const { written } of stopped) assert.deepEqual(written.shards, { finished: 1, all: 3 });
    const [{ written }] = await onLocalRanks(3, (ranks) => write(out, ranks));
    assert.deepEqual([written!.finished, written!.embedded], [true, 18]);
    assert.deepEqual(await files(out), expected);
  });
});

Deno.test("images of a folder come in the order of their names, without links and hidden ones; those of a list line by line", async () => {
  await withFolder(async (temporary) => {
    const folder = await Deno.realPath(temporary);
    for (
      const path of [
        "b/2.JPG",
        "b/10.png",
        "a/z.jpeg",
        "a/.hidden.jpg",
        ".b/1.jpg",
        "a.jpg",
        "B.jpg",
        "c.txt",
      ]
    ) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, "");
    }
    await Deno.symlink(folder, `${folder}/circle`);
    await Deno.symlink(`${folder}/a.jpg`, `${folder}/link.jpg`);
    const passed = { links: 0, others: 0 };
    const found = await Array.fromAsync(imagesInFolder(folder, passed));
    const names = ["B.jpg", "a/z.jpeg", "a.jpg", "b/10.png", "b/2.JPG", "link.jpg"];
    assert.deepEqual(found.map(({ path }) => path), names.map((name) => `${folder}/${name}`));
    assert.deepEqual(passed, { links: 1, others: 1 });

    // Cut in the middle of a character and of a line end; the last line has no end.
    const text = new TextEncoder().encode("a b.jpg\r\n\n人.png\r\n./c.jpg");
    for (let size = 1; size <= text.length; size++) {
      const pieces = Array.from(
        { length: Math.ceil(text.length / size) },
        (_, i) => text.slice(i * size, (i + 1) * size),
      );
      const listed = await Array.fromAsync(imagesInList(ReadableStream.from(pieces), "list.txt"));
      assert.deepEqual(listed.map(({ id }) => id), ["a b.jpg", "人.png", "c.jpg"]);
    }
    await assert.rejects(
      Array.fromAsync(imagesInList(ReadableStream.from([Uint8Array.of(0xff, 0xd8, 0xff)]), "a.jpg")),
      /a\.jpg is not a list of images/,
    );
  });
});
