/** The synthetic set that settings are compared on: what it holds, and that it stays the same. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MARKET_1501 } from "../../data/layouts/market1501.ts";
import { parseImageName } from "../../data/layouts/naming.ts";
import { BENCHMARK_SYNTHETIC, completeOptions, DEFAULT_SYNTHETIC } from "../../data/synthetic/options.ts";
import { planImages, type PlannedImage } from "../../data/synthetic/plan.ts";
import { Renderer, type Shot } from "../../data/synthetic/render.ts";

const images = planImages(BENCHMARK_SYNTHETIC);
const inFolder = (folder: string) => images.filter(({ file }) => file.startsWith(folder));
const people = (list: readonly PlannedImage[]) =>
  new Set(list.filter(({ shot }) => shot.kind === "person").map(({ shot }) => shot.person));
const nameOf = ({ file }: PlannedImage) => parseImageName(MARKET_1501, file.slice(file.indexOf("/") + 1))!;

/** SHA-256 of a plan and of some of its pictures' pixels. */
function digest(plan: readonly PlannedImage[], renderer: Renderer, every: number): string {
  const hash = createHash("sha256").update(JSON.stringify(plan));
  for (let i = 0; i < plan.length; i += every) hash.update(renderer.render(plan[i]!.shot).pixels);
  return hash.digest("hex").slice(0, 16);
}

Deno.test("the benchmark has at least 300 people to train on and 200 others to test on, two cameras unseen", () => {
  const [train, query, gallery] = ["bounding_box_train", "query", "bounding_box_test"].map(inFolder);
  assert.ok(people(train!).size >= 300 && people(query!).size >= 200);
  assert.ok(people(train!).isDisjointFrom(people(query!)));
  assert.equal(gallery!.filter(({ shot }) => shot.kind === "distractor").length, 400);
  assert.equal(gallery!.filter(({ shot }) => shot.kind === "junk").length, 100);
  const cameras = (list: readonly PlannedImage[]) => [...new Set(list.map(({ shot }) => shot.camera))].sort();
  assert.deepEqual(cameras(train!), [1, 2, 3, 4]);
  assert.deepEqual(cameras(query!), [1, 2, 3, 4, 5, 6]);
  assert.equal(new Set(images.map(({ file }) => file)).size, images.length);
});

// Published scores are of these very pictures: whoever means to change them changes the digests, and says so.
Deno.test("the synthetic sets are the pictures that they have always been", () => {
  assert.equal(digest(images, new Renderer(BENCHMARK_SYNTHETIC), 400), "5135216d6560307d");
  const plan = planImages(DEFAULT_SYNTHETIC);
  assert.equal(digest(plan, new Renderer(DEFAULT_SYNTHETIC), 400), "cf52d1f734d80523");
});

Deno.test("in the benchmark's names people take as long from camera to camera as a walk takes", () => {
  // Of every pair of cameras: the frames in which people come by the second one, counted from the first.
  const firstFrame = new Map<string, number>();
  for (const image of images) {
    if (image.shot.kind !== "person") continue;
    const { identity, camera, frame = 0 } = nameOf(image);
    const key = `${identity} ${camera}`;
    firstFrame.set(key, Math.min(frame, firstFrame.get(key) ?? Infinity));
  }
  const between = (a: number, b: number) =>
    [...firstFrame].flatMap(([key, frame]) => {
      const [identity, camera] = key.split(" ");
      const other = firstFrame.get(`${identity} ${b}`);
      return Number(camera) === a && other !== undefined ? [Math.abs(other - frame)] : [];
    }).sort((x, y) => x - y);
  for (const [a, b] of [[1, 2], [2, 4], [5, 6]] as const) {
    const times = between(a, b);
    assert.ok(times.length > 50);
    const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => times[Math.floor(share * times.length)]!);
    assert.ok(
      high! - low! < 1.2 * middle! + 400,
      `${a} to ${b}: ${low} to ${high} frames, half below ${middle}`,
    );
    assert.ok(middle! < 250 / 1.2 * 25);
  }
});

Deno.test("every option of difficulty changes pictures", () => {
  const options = completeOptions({ seed: 5, cameras: 3 });
  const shots = Array.from(
    { length: 12 },
    (_, person): Shot => ({ kind: "person", person, camera: 1, index: 0 }),
  );
  const plain = new Renderer(options), before = shots.map((shot) => plain.render(shot).pixels);
  const changed = (change: Partial<typeof options>) => {
    const renderer = new Renderer({ ...options, ...change });
    return shots.filter((shot, i) => !isSame(renderer.render(shot).pixels, before[i]!)).length;
  };
  assert.equal(changed({}), 0);
  assert.equal(changed({ cameraVariation: 2 }), 12);
  assert.equal(changed({ lightVariation: 2 }), 12);
  assert.equal(changed({ boxError: 0.1 }), 12);
  assert.ok(changed({ occlusion: 1 }) > 6);
  assert.ok(changed({ company: 1 }) > 6);
});

function isSame(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  return a.every((value, i) => value === b[i]);
}
