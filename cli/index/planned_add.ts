/** What adding images to a gallery does, found out before any is added. */
import type { Gallery } from "../../search/gallery.ts";
import { type Candidate, idsTaken, type Placement, type TakenId } from "../../search/placement.ts";

/** Images that are looked up at once. */
const BATCH = 1000;

/** A candidate and its placement. */
export type Placed<C> = readonly [candidate: C, placement: Placement];

/** Counts the images of a call by what becomes of them. */
export class PlannedAdd {
  /** Images that the gallery does not have, has already, and has others for under the same ids. */
  readonly counts = { new: 0, same: 0, other: 0 };
  /** Images that are given more than once in this call. */
  twice = 0;
  /** The ids of the images that others would replace. */
  readonly replaced = new Set<string>();
  /** Images that are in the gallery under other ids, which they keep. */
  readonly kept: Placement[] = [];
  readonly #seen = new Map<string, string>();
  readonly #taken: TakenId[] = [];

  /** @param gallery undefined for one that does not exist yet. */
  constructor(readonly gallery: Gallery | undefined) {}

  /** Plans some images more; returns each of them once, in order. */
  async plan<C extends Candidate>(candidates: readonly C[]): Promise<Placed<C>[]> {
    const placed: Placed<C>[] = [];
    for (let start = 0; start < candidates.length; start += BATCH) {
      const some = candidates.slice(start, start + BATCH);
      const places = await this.gallery?.placements(some);
      for (const [i, candidate] of some.entries()) {
        const placement = places?.[i] ?? { id: candidate.id, state: "new" };
        if (this.#count(candidate, placement)) placed.push([candidate, placement]);
      }
    }
    return placed;
  }

  /** @throws {SearchError} when images would replace others. */
  requireFree(location: string): void {
    if (this.replaced.size > 0) throw idsTaken(location, this.#taken, this.replaced.size);
  }

  #count(candidate: Candidate, placement: Placement): boolean {
    const { id, state } = placement;
    // Vectors have no paths: those of one image are equal.
    const content = candidate.path ?? String(candidate.embedding?.slice(0, 4));
    const before = this.#seen.get(id);
    this.#seen.set(id, content);
    if (before === content) {
      this.twice++;
      return false;
    }
    if (before !== undefined || state === "other") {
      this.replaced.add(id);
      this.counts.other++;
      const held = before === undefined ? placement.path : candidate.path && before;
      if (this.#taken.length < 3) this.#taken.push({ id, held, given: candidate.path });
    } else {
      this.counts[state]++;
      if (state === "same" && id !== candidate.id) this.kept.push(placement);
    }
    return true;
  }
}
