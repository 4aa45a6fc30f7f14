import type { PublishedNaming } from "./naming.ts";

/**
 * Market-1501 (Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015), counted in the archive
 * Market-1501-v15.09.15. Identity -1 is a junk box, identity 0000 a distractor. The six cameras record in
 * sequences, and every sequence counts its frames from the start.
 */
export const MARKET_1501: PublishedNaming = {
  name: "Market-1501",
  example: "0002_c1s1_000451_03.jpg",
  pattern: /^(?<identity>-1|\d{1,9})_c(?<camera>\d{1,4})s(?<sequence>\d{1,4})_(?<frame>\d{1,9})_\d{1,6}$/i,
  timed: true,
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
