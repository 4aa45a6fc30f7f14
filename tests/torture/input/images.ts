/** Damaged images in the real pool of decoders. */
import { join } from "node:path";
import { decodeAll } from "../../../data/images/decode_pool.ts";
import { MAX_PIXELS } from "../../../data/image_limits.ts";
import type { DecodeReply } from "../../../data/images/decode_worker.ts";
import { seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { goodImages, mutatedImage, specialImages } from "./mutated_images.ts";

const [HEIGHT, WIDTH] = [64, 32];
const WORKERS = 2;
/**
 * Milliseconds of the first and the second attempt: an image that takes longer is a hang. The largest allowed image takes
 * about a second.
 */
const TIMEOUTS = [20_000, 60_000];
/**
 * Memory that the process may take beyond its use after the first good images: per worker, 32 bytes for each pixel of
 * the largest allowed image (32 Mi pixels). About half of it is for that image, during decoding and as the result; the
 * other half is for earlier images that are not collected yet.
 */
const MOST_BYTES = WORKERS * 32 * MAX_PIXELS;
const BATCH = 500;
/** Every n-th image is a good one, whose pixels must always be the same. */
const GOOD_EVERY = 25;

/** The torture. */
export const torture: Torture = {
  promise:
    "No image hangs or ends the process; each is decoded, or refused with a reason, in bounded time and memory",
  limitSeconds: { short: 600, full: 3600 },
  async run({ short, seed, say, progress }) {
    const trials = short ? 1000 : 25_000;
    const random = seededRandom(seed);
    const good = await goodImages(random);
    const special = specialImages(good);
    const folder = await Deno.makeTempDir({ prefix: "images-" });
    const outcome = { trials: 0, losses: 0, hangs: 0, wrong: 0 };
    const reasons = new Map<string, number>();
    let [died, peak] = [0, 0];
    const decode = async (
      images: readonly Uint8Array[],
      check: (index: number, reply: DecodeReply) => void,
    ) => {
      const paths = images.map((_, i) => join(folder, `${i}.jpg`));
      for (const [i, path] of paths.entries()) await Deno.writeFile(path, images[i]!);
      const answered = new Set<number>();
      await decodeAll(
        paths,
        { height: HEIGHT, width: WIDTH, workers: WORKERS, timeouts: TIMEOUTS },
        (reply) => {
          if (answered.has(reply.index)) outcome.wrong++;
          answered.add(reply.index);
          check(reply.index, reply);
        },
      );
      outcome.wrong += images.length - answered.size;
    };
    try {
      const pixels: Uint8Array[] = [];
      await decode(good, (index, reply) => {
        if ("reason" in reply) throw new Error(`A good image is refused: ${reply.reason}`);
        pixels[index] = reply.pixels;
      });
      const before = Deno.memoryUsage().rss;
      const watch = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss - before), 5);
      while (outcome.trials < trials) {
        const images: Uint8Array[] = [];
        const expected = new Map<number, Uint8Array>();
        while (images.length < BATCH) {
          const which = random.integer(good.length);
          if (images.length % GOOD_EVERY === 0) expected.set(images.length, pixels[which]!);
          const next = images.length % GOOD_EVERY === 0 ? good[which]! : special.next().value;
          images.push(next ?? mutatedImage(good, random));
        }
        await decode(images, (index, reply) => {
          const fault = faultOf(reply, expected.get(index));
          if (fault !== undefined) {
            outcome.wrong++;
            say(`image ${outcome.trials + index}: ${fault}`);
          }
          if (!("reason" in reply)) return;
          if (/no result within/.test(reply.reason)) {
            outcome.hangs++;
            say(`image ${outcome.trials + index} (${images[index]!.length} bytes) hangs`);
          }
          if (/decoder failed/.test(reply.reason)) died++;
          const kind = reply.reason.replace(/[0-9]+/g, "N").slice(0, 40);
          reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
        });
        outcome.trials += images.length;
        progress(outcome.trials, trials);
      }
      clearInterval(watch);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    if (peak > MOST_BYTES) {
      outcome.wrong++;
      say(`the process took ${mebibytes(peak)}, more than ${mebibytes(MOST_BYTES)}`);
    }
    const refused = [...reasons.values()].reduce((a, b) => a + b, 0);
    const figures = `${refused} refused, ${died} workers replaced, at most ${mebibytes(peak)} taken`;
    return { ...outcome, figures };
  },
};

/** Describes what is wrong with a reply, or returns undefined; `expected` are the pixels of a good image. */
function faultOf(reply: DecodeReply, expected: Uint8Array | undefined): string | undefined {
  if ("reason" in reply) {
    if (expected !== undefined) return `a good image is refused: ${reply.reason}`;
    // deno-lint-ignore no-control-regex
    return /^[^\u0000-\u001f]{1,300}$/.test(reply.reason) ? undefined : `no paragraph: ${reply.reason}`;
  }
  if (reply.pixels.length !== HEIGHT * WIDTH * 3) return `${reply.pixels.length} bytes of pixels`;
  const same = expected === undefined || expected.every((value, i) => reply.pixels[i] === value);
  return same ? undefined : "a good image has other pixels than before";
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
