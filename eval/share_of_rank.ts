import { gatherValues, type Ranks } from "../ranks/mod.ts";
import type { Share } from "./share.ts";

/** The share of a rank: ranges of about the same length. */
export function shareOfRank(ranks: Ranks): Share {
  return {
    range: (count, unit = 1) => {
      const units = Math.ceil(count / unit), { rank, size } = ranks;
      const start = (rank: number) => Math.min(count, unit * Math.ceil(units * rank / size));
      return [start(rank), start(rank + 1)];
    },
    gather: (own) => gatherValues(ranks, own),
  };
}
