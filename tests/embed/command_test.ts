/** `deno task embed` as a user runs it, with the permissions of its task. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { extensionOf } from "../../embed/formats.ts";
import type { ImageEmbedding } from "../../embed/embed_images.ts";
import { readManifest } from "../../embed/manifest.ts";
import { readVectors } from "../../embed/read_vectors.ts";
import { Device } from "../../engine/mod.ts";
import { encodeTrainedModel, modelIdentity } from "../../model/trained_model.ts";
import { PICTURE_CASES, PICTURES, unturned } from "../data/picture_cases.ts";
import { exists, onlyError, runTask, withFolder } from "../cli/run_task.ts";
import { tinyNetwork, writeNoise } from "./tiny_network.ts";

Deno.test("embed: the three formats, lists, broken images, stops, and what is refused", async (t) => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    const network = await tinyNetwork(device);
    const [own, other] = [join(folder, "own.safetensors"), join(folder, "other.safetensors")];
    await Deno.writeFile(own, encodeTrainedModel(network));
    await Deno.writeFile(other, encodeTrainedModel(await tinyNetwork(device, 2)));
    device.destroy();
    const images = join(folder, "images");
    await writeNoise(join(images, "b", "deep"), 40, 2);
    await writeNoise(join(images, "a"), 40);
    await Deno.writeTextFile(join(images, "broken\x1b[31m.jpg"), "no picture");
    await Deno.writeTextFile(join(images, "notes.txt"), "no picture");
    await Deno.symlink(images, join(images, "circle"));
    const command = (out: string, ...more: string[]) => [
      `--checkpoint=${own}`,
      `--images=${images}`,
      `--out=${join(folder, out)}`,
      "--shard-size=32",
      ...more,
    ];
    const succeed = async (args: string[]) => {
      const ended = await runTask("embed", args);
      assert.equal(ended.code, 0, ended.stderr);
      return ended;
    };

    let expected: ImageEmbedding[] = [];
    await t.step("a folder, as shards of Parquet", async () => {
      const { stdout, stderr } = await succeed(command("v.parquet"));
      assert.match(stdout, /80 vectors of 12 numbers in 3 of 3 shards, 1 images left out/);
      assert.match(stderr, /1 links to folders.*1 files that are not named/);
      assert.ok(!stderr.includes("\x1b"), "a file's name must not steer the terminal");
      const files = await readVectors(join(folder, "v.parquet"));
      assert.deepEqual([files.model, files.count], [await modelIdentity(network), 80]);
      expected = (await Array.fromAsync(files.batches())).flat();
      assert.deepEqual(expected.map(({ id }) => id), expected.map(({ id }) => id).toSorted());
      assert.deepEqual([expected[0].camera, expected[0].time], ["1", 0]);
      assert.equal(new Set(expected.map(({ embedding }) => String(embedding))).size, 80);
      const failed = (await readManifest(join(folder, "v.parquet")))!.shards.flatMap(({ failed }) => failed);
      assert.deepEqual(failed.map(([id]) => id), [join(images, "broken\x1b[31m.jpg")]);
    });

    await t.step("the other formats read back as the same bits; one shard is one file", async () => {
      for (const out of ["v.npy", "v.jsonl"]) {
        await succeed(command(out, "--shard-size=100"));
        assert.ok((await Deno.stat(join(folder, out))).isFile && extensionOf(out) !== undefined);
        const files = await readVectors(join(folder, out));
        assert.deepEqual((await Array.fromAsync(files.batches())).flat(), expected);
      }
    });

    await t.step(
      "a list gives the ids and the vectors that the folder gives; pictures are upright",
      async () => {
        const list = join(folder, "list.txt"), sideways = join(folder, "sideways.jpg");
        const chosen = expected.toReversed().slice(0, 50);
        await Deno.writeFile(sideways, unturned(await Deno.readFile(`${PICTURES}exif_6.jpg`)));
        const cases = PICTURE_CASES.flatMap(({ name, expected }) => [PICTURES + name, PICTURES + expected]);
        const lines = [...chosen.map(({ id }) => id), ...cases, sideways, `${PICTURES}exif_6.expected.png`];
        await Deno.writeTextFile(list, lines.map((line) => `${line}\r\n\n`).join(""));
        await succeed([`--checkpoint=${own}`, `--images=${list}`, `--out=${join(folder, "l.npy")}`]);
        const found = (await Array.fromAsync((await readVectors(join(folder, "l.npy"))).batches())).flat();
        assert.deepEqual(found.slice(0, 50), chosen);
        const distances = Array.from({ length: PICTURE_CASES.length + 1 }, (_, i) => {
          const [picture, pixels] = found.slice(50 + 2 * i, 52 + 2 * i);
          return Math.hypot(...picture.embedding.map((value, k) => value - pixels.embedding[k]));
        });
        assert.ok(distances.pop()! > 0.2, "a picture left turned has another vector");
        for (const [i, { name }] of PICTURE_CASES.entries()) assert.ok(distances[i] <= 0.02, name);
      },
    );

    await t.step("a shard that is lost or damaged is made again, the others stay", async () => {
      const parts = [0, 1, 2].map((i) => join(folder, "v.parquet", `part-0000${i}.parquet`));
      const before = await Promise.all(parts.map((part) => Deno.readFile(part)));
      const { ino } = await Deno.stat(parts[2]);
      await Deno.remove(parts[0]);
      await Deno.writeFile(parts[1], before[1].with(200, before[1][200] ^ 1));
      const files = await readVectors(join(folder, "v.parquet"));
      await assert.rejects(Array.fromAsync(files.batches()), /cannot be read.*Embed the same images/);
      await succeed(command("v.parquet"));
      for (const [i, part] of parts.entries()) assert.deepEqual(await Deno.readFile(part), before[i]);
      assert.equal((await Deno.stat(parts[2])).ino, ino);
    });

    await t.step("Ctrl-C ends with 130, a full disk with a reason; both go on", async () => {
      const { code, stdout } = await runTask("embed", command("stopped.parquet", "--shard-size=1"), {
        onOutput: (text, child) => {
          if (text.includes("Left out in")) child.kill("SIGINT");
        },
      });
      assert.equal(code, 130);
      assert.match(stdout, /^(Stopped\. .*The same command continues\.\n)?$/s);
      const whole = command("full.jsonl", "--shard-size=100");
      const fails = async (blocks: number) =>
        onlyError(await runTask("embed", whole, { shell: `trap '' XFSZ; ulimit -f ${blocks}` }), 1);
      assert.match(await fails(4), /list of images cannot be kept.*Free space/);
      assert.match(await fails(28), /could not be written.*Free space on the disk.*the same command/);
      await assert.rejects(readVectors(join(folder, "full.jsonl")), /not finished: 0 of 1 shards/);
      await succeed(whole);
      const files = await readVectors(join(folder, "full.jsonl"));
      assert.deepEqual((await Array.fromAsync(files.batches())).flat(), expected);
      assert.ok(!exists(join(folder, "full.jsonl.images.part")));
    });

    await t.step("another network, other images and what is no image are refused", async () => {
      const refused = async (args: string[], code = 1) => onlyError(await runTask("embed", args), code);
      assert.match(await refused(command("v.parquet", `--checkpoint=${other}`)), /another network.*remove/);
      assert.match(
        await refused(command("v.parquet", "--test-flip", "--shard-size=9")),
        /images without their mirror images.* \(without --test-flip --shard-size \d+; another --out\)/,
      );
      await Deno.writeTextFile(join(images, "more.jpg"), "no picture");
      assert.match(await refused(command("v.parquet")), /other or changed images.*81 then, 82 now/);
      await Deno.writeTextFile(join(folder, "mine.npy"), "mine");
      assert.match(await refused(command("mine.npy")), /mine\.npy exists/);
      assert.match(await refused(command("v.csv"), 2), /--out must end in one of \.parquet, \.npy, \.jsonl/);
      const list = join(folder, "bad.txt");
      await Deno.writeTextFile(list, "absent.jpg\n");
      assert.match(
        await refused(command("bad.npy", `--images=${list}`)),
        /None of the 1 images.*absent\.jpg/,
      );
      assert.match(
        await refused(command("no.npy", `--images=${folder}/nowhere`)),
        /neither a folder nor a readable list/,
      );
      await Deno.mkdir(`${folder}/empty`);
      assert.match(
        await refused(command("no.npy", `--images=${folder}/empty`)),
        /There are no images in .*empty\. Give a folder with JPEG or PNG files/,
      );
      assert.ok(![...Deno.readDirSync(folder)].some(({ name }) => name.startsWith("no.npy")));
    });
  });
});
