/** `deno task index` and `deno task search`, from images to a page. */
import assert from "node:assert/strict";
import { KEPT } from "../model/drawn_thresholds.ts";
import { Device } from "../../engine/mod.ts";
import { searchThreshold } from "../../model/search_threshold.ts";
import { encodeTrainedModel } from "../../model/trained_model.ts";
import { tinyNetwork, writeNoise } from "../embed/tiny_network.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";

Deno.test("A gallery is filled, searched, and refuses what does not belong to it", async (t) => {
  await withFolder(async (folder) => {
    const device = await Device.open();
    for (const seed of [1, 2]) {
      const network = await tinyNetwork(device, seed);
      await Deno.writeFile(`${folder}/${seed}.safetensors`, encodeTrainedModel(network));
      const thresholds = [{ ...KEPT, unitLength: network.spec.normalize }];
      const bytes = encodeTrainedModel({ ...network, thresholds });
      await Deno.writeFile(`${folder}/${seed}-thresholds.safetensors`, bytes);
    }
    device.destroy();
    // With the broken one 32: the network is compiled for as many at a time as by other tests.
    const names = await writeNoise(`${folder}/crops`, 31);
    await Deno.writeTextFile(`${folder}/crops/broken_20260131T183005.jpg`, "no picture");
    const place = `--index=${folder}/gallery`, images = `--images=${folder}/crops`;
    const network = `--checkpoint=${folder}/1.safetensors`;
    const query = `${folder}/crops/${names[7]}`;

    await t.step("images that cannot be decoded are named, the others added", async () => {
      const { code, stdout, stderr } = await runTask("index", ["add", place, images, network]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /31 images added, 0 renewed, 0 replaced, 1 left out; 31 in all/);
      assert.match(stderr, /warning: .*\/broken_20260131T183005\.jpg is left out: neither a JPEG nor a PNG/);
    });

    await t.step("the query's own image comes first, others by their distance", async () => {
      const page = `${folder}/page.html`;
      const args = [place, `--image=${query}`, "--top=4", `--out=${page}`, "--json"];
      const { code, stdout, stderr } = await runTask("search", args);
      assert.equal(code, 0, stderr);
      const { results } = JSON.parse(stdout);
      assert.equal(results.length, 4);
      assert.deepEqual(results[0], {
        rank: 1,
        id: await Deno.realPath(query),
        camera: "2",
        frame: 7,
        path: await Deno.realPath(query),
        distance: 0,
      });
      const distances: number[] = results.map(({ distance }: { distance: number }) => distance);
      assert.deepEqual(distances, distances.toSorted((a, b) => a - b));
      assert.equal((await Deno.readTextFile(page)).match(/src="data:image\/jpeg;base64,/g)!.length, 5);
    });

    await t.step("beyond a threshold there is nobody", async () => {
      const search = (...more: string[]) => runTask("search", [place, `--image=${query}`, ...more]);
      const near = await search("--threshold=1e-6", "--top=3");
      assert.match(
        near.stdout,
        /^1 +0\.0000 .*\n\n2 more of the nearest 3 are farther than 0\.0000\n$/m,
        near.stderr,
      );
      const page = `${folder}/nobody.html`;
      const nobody = await search(
        "--threshold=1e-6",
        "--not-camera=2",
        "--scan=gpu",
        "--json",
        `--out=${page}`,
      );
      assert.equal(nobody.code, 0, nobody.stderr);
      const { results, threshold, reason } = JSON.parse(nobody.stdout);
      assert.deepEqual([results, threshold], [[], { distance: 1e-6 }]);
      assert.match(
        reason,
        /^Nobody among the \d+ images not by camera 2: the nearest image, .*, farther than the threshold of 0\.0000$/,
      );
      const text = await Deno.readTextFile(page);
      assert.match(text, /Nobody among the \d+ images not by camera 2: the nearest image/);
      assert.equal(text.match(/src="data:image\/jpeg;base64,/g)!.length, 1);

      // The same network, with thresholds, which the gallery then has.
      const kept = `--checkpoint=${folder}/1-thresholds.safetensors`;
      const added = await runTask("index", ["add", place, images, kept]);
      assert.equal(added.code, 0, added.stderr);
      const auto = await search("--threshold=auto", "--false-alarm=0.1", "--json");
      const { threshold: chosen } = JSON.parse(auto.stdout);
      const expected = searchThreshold(KEPT, 0.1, 31);
      assert.deepEqual(chosen, { ...expected, falseAlarm: 0.1, gallery: 31 });
    });

    await t.step(
      "vectors of embed are the same embeddings; --only-new and conditions are heeded",
      async () => {
        const vectors = `${folder}/vectors.parquet`;
        assert.equal((await runTask("embed", [images, network, `--out=${vectors}`])).code, 0);
        const again = await runTask("index", ["add", place, `--vectors=${vectors}`, "--only-new"]);
        assert.match(
          again.stdout,
          /0 images added, 0 renewed, 0 replaced, 0 left out; 31 in all/,
          again.stderr,
        );
        const removed = await runTask("index", ["remove", place, "--camera=2"]);
        assert.match(removed.stdout, /10 images removed, 21 left/, removed.stderr);
        const added = await runTask("index", ["add", place, `--vectors=${vectors}`]);
        assert.match(
          added.stdout,
          /10 images added, 21 renewed, 0 replaced, 0 left out; 31 in all/,
          added.stderr,
        );
        const found = await runTask("search", [
          place,
          `--image=${query}`,
          "--camera=2",
          "--before=12",
          "--scan=exact",
        ]);
        assert.match(
          found.stdout,
          new RegExp(`^rank .*\n1 +0\\.0000 +2 +7 +\\S+/${names[7]}\n`),
          found.stderr,
        );
        assert.equal(found.stdout.trim().split("\n").length, 1 + 4); // Frames 1, 4, 7 and 10.
      },
    );

    await t.step("several images are one query: the mean of their embeddings", async () => {
      const images = [query, `${folder}/crops/${names[8]}`];
      const found = await runTask("search", [
        place,
        "--image",
        ...images,
        "--top=31",
        "--scan=exact",
        "--json",
      ]);
      assert.equal(found.code, 0, found.stderr);
      const { query: asked, results } = JSON.parse(found.stdout);
      assert.deepEqual(asked, images);
      const ids = await Promise.all(images.map((path) => Deno.realPath(path)));
      const [a, b] = ids.map((id) => results.find((one: { id: string }) => one.id === id).distance);
      assert.ok(a > 0.001 && Math.abs(a - b) < 1e-4, `${a} and ${b}: as far from their mean`);
      const twice = await runTask("search", [place, "--image", query, query]);
      assert.match(onlyError(twice, 2), /--image names .* twice; give each image once/);
    });

    await t.step("another network is refused, and the gallery stays as it was", async () => {
      const other = `--checkpoint=${folder}/2.safetensors`;
      const added = onlyError(await runTask("index", ["add", place, images, other]), 1);
      assert.match(added, /of another network: .*Use that network, or make a new gallery/);
      assert.match(
        onlyError(await runTask("search", [place, `--image=${query}`, other]), 1),
        /of another network/,
      );
      const { stdout } = await runTask("index", ["stats", place, "--json"]);
      assert.equal(JSON.parse(stdout).images, 31);
    });

    await t.step("what is missing or broken is told with its remedy", async () => {
      const broken = await runTask("search", [place, `--image=${folder}/crops/broken_20260131T183005.jpg`]);
      assert.match(onlyError(broken, 1), /cannot be searched for: neither a JPEG nor a PNG/);
      const nowhere = await runTask("search", [`--index=${folder}/none`, `--image=${query}`]);
      assert.match(
        onlyError(nowhere, 1),
        /There is no index in .*none\. .*deno task index add --index .*none --images DIR --checkpoint RUN/,
      );
      assert.equal(exists(`${folder}/none`), false);
      await Deno.mkdir(`${folder}/empty`);
      const empty = await runTask("index", [
        "add",
        `--index=${folder}/none`,
        `--images=${folder}/empty`,
        network,
      ]);
      assert.match(
        onlyError(empty, 1),
        /There are no images in .*empty\. Give a folder with JPEG or PNG files/,
      );
      assert.equal(exists(`${folder}/none`), false);
      const url = "postgres://reader:secret@127.0.0.1:1/people";
      const server = onlyError(await runTask("index", ["stats", `--database=${url}`]), 1);
      assert.match(server, /postgres:\/\/127\.0\.0\.1:1\/people cannot be reached/);
    });
  });
});

Deno.test("index and search explain themselves, and refuse command lines that mean nothing", async () => {
  const help = await runTask("index", ["--help"]);
  assert.equal(help.code, 0);
  for (const action of ["add", "remove", "build", "stats"]) {
    assert.match(help.stdout, new RegExp(`^  ${action} `, "m"));
  }
  const wrong: [string, string[], RegExp][] = [
    ["index", [], /is followed by one of add, remove, build, stats/],
    ["index", ["ad"], /got 'ad'; did you mean add\?/],
    ["index", ["add"], /Give --images \(with --checkpoint\), or --vectors/],
    ["index", ["remove"], /Say which images/],
    ["index", ["stats", "--index=a", "--database=b"], /name two databases/],
    ["search", ["--image=a", "--after=yesterday"], /--after: 'yesterday' is no moment/],
    ["search", ["--image=a", "--after=2026-02", "--before=2026-01-31"], /--after: '2026-02' is no moment/],
    ["search", ["--image=a", "--after=451", "--before=20260131"], /are a date and a frame number/],
    ["index", ["remove", "--after=20260131", "--before=2026-01-31T00:00+01:00"], /is not before --before/],
    ["index", ["remove", "--camera=1", "--not-camera=1"], /both name 1/],
    ["search", [], /--image is required/],
    [
      "search",
      ["--image=a", "--threshold=near"],
      /--threshold must be auto or a distance above 0; got 'near'/,
    ],
    ["search", ["--image=a", "--threshold=0"], /must be auto or a distance above 0; got '0'/],
    ["search", ["--image=a", "--false-alarm=0.1"], /--false-alarm requires --threshold auto/],
  ];
  const ended = await Promise.all(wrong.map(([task, args]) => runTask(task, args)));
  for (const [i, [, , expected]] of wrong.entries()) assert.match(onlyError(ended[i], 2), expected);
});
