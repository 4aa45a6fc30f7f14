import type { Naming } from "./three_folders.ts";

/** identity _ c camera s sequence _ frame _ box, e.g. `0002_c1s1_000451_03.jpg` or `-1_c3s2_000120_01.jpg`. */
const NAME = /^(-1|\d{1,9})_c(\d{1,4})s(\d{1,4})_(\d{1,9})_\d{1,6}\.jpe?g$/i;

/**
 * Market-1501 (Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015), counted in the archive
 * Market-1501-v15.09.15. Identity -1 is a junk box, identity 0000 a distractor. The six cameras record in
 * sequences, and frames are counted anew in each.
 */
export const MARKET_1501: Naming = {
  name: "Market-1501",
  example: "0002_c1s1_000451_03.jpg",
  parse(name) {
    const match = NAME.exec(name);
    if (match === null) return undefined;
    const [identity, camera, sequence, frame] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
    ];
    return { identity, camera, sequence, frame };
  },
  folderName: /market[-_ ]?1501/i,
  published: {
    trainIdentities: 751,
    trainImages: 12_936,
    queryIdentities: 750,
    queries: 3_368,
    galleryIdentities: 750,
    ranked: 15_913,
    distractors: 2_798,
    junk: 3_819,
    cameras: 6,
  },
};
