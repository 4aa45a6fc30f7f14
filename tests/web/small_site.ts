/** A site with a small network of drawn weights and a small gallery, built by the command itself. */
import assert from "node:assert/strict";
import { writeSyntheticPeople } from "../../data/synthetic/write.ts";
import { Device } from "../../engine/mod.ts";
import { encodeTrainedModel } from "../../model/trained_model.ts";
import { GALLERY_FILES, type GalleryDescription } from "../../web/pages/search/gallery_format.ts";
import { runTask } from "../cli/run_task.ts";
import { tinyNetwork } from "../embed/tiny_network.ts";

/** A built site, and what Deno embedded for it. */
export interface SmallSite {
  readonly folder: string;
  readonly gallery: GalleryDescription;
  /** [pictures, size]. */
  readonly embeddings: Float32Array;
}

/** Stands behind the name of every person and camera: people may be called anything. */
export const HOSTILE = ` <script>alert(1)</script>" onerror='x'&amp;<img src=x onerror=alert(1)>`;

/**
 * Builds the site in `folder`/site. The first of the people's queries is no picture; the site does without it.
 */
export async function buildSmallSite(folder: string): Promise<SmallSite> {
  const people = `${folder}/people`;
  const drawn = { trainIdentities: 2, testIdentities: 5, cameras: 3, distractors: 4, junk: 1 };
  await writeSyntheticPeople(people, drawn, { workers: 1 });
  const [broken] = [...Deno.readDirSync(`${people}/query`)].map(({ name }) => name).sort();
  await Deno.writeTextFile(`${people}/query/${broken}`, "no picture");
  const device = await Device.open();
  const network = await tinyNetwork(device, 1, {
    width: 0.35,
    imageHeight: 64,
    imageWidth: 32,
    embeddingSize: 64,
  });
  device.destroy();
  await Deno.writeFile(`${folder}/model.safetensors`, encodeTrainedModel(network));
  const site = `${folder}/site`;
  const { code, stdout, stderr } = await runTask("web", [
    `--checkpoint=${folder}/model.safetensors`,
    `--gallery=${people}`,
    `--cache=${folder}/cache`,
    `--out=${site}`,
    "--no-serve",
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Gallery: \d+ pictures, copied into .*; 4 sample queries/);
  assert.ok(
    stderr.includes(`skipped ${people}/query/${broken}: neither a JPEG nor a PNG but a text`),
    stderr,
  );
  const gallery = JSON.parse(await Deno.readTextFile(`${site}/${GALLERY_FILES.description}`));
  for (const picture of [...gallery.images, ...gallery.queries]) {
    if (picture.person !== undefined) picture.person += HOSTILE;
    picture.camera += HOSTILE;
  }
  await Deno.writeTextFile(`${site}/${GALLERY_FILES.description}`, JSON.stringify(gallery));
  const embeddings = new Float32Array((await Deno.readFile(`${site}/${GALLERY_FILES.embeddings}`)).buffer);
  return { folder: site, gallery, embeddings };
}
