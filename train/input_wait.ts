/**
 * The share of time in which the GPU had nothing to do because the next batch was not there yet.
 *
 * Nothing tells the moment at which a run ended: its outputs are seen some milliseconds later, and with those of the
 * runs after it where these followed at once; waiting for each would cost more than what is measured. So there are two bounds. The GPU has surely been idle for as long as the
 * loop stood without a batch with the outputs of all submitted runs back; it has been idle for want of images at
 * most for as long as the loop stood without a batch at all.
 *
 * Time is counted from the moment when an epoch's first run came back, when all kernels are compiled, until the last one has: saving and evaluating between epochs are no part of it.
 */
export class InputWait {
  /** Milliseconds counted, and of these the ones without a batch: at least, at most. */
  #total = 0;
  #least = 0;
  #most = 0;
  #underWay = 0;
  #askedAt = 0;
  /** When the outputs of this epoch's first run arrived; undefined before. */
  #warmAt: number | undefined;
  /** When outputs arrived last. */
  #arrivedAt = 0;

  /** @param now milliseconds from any fixed moment. */
  constructor(readonly now: () => number = () => performance.now()) {}

  /** An epoch begins: no run is under way, and the loop needs a batch. */
  begin(): void {
    this.#underWay = 0;
    this.#warmAt = undefined;
    this.#askedAt = this.now();
  }

  /** The batch that the loop needs is there; its run is about to be submitted. */
  ready(): void {
    const now = this.now();
    if (this.#warmAt !== undefined) {
      this.#most += now - Math.max(this.#askedAt, this.#warmAt);
      if (this.#underWay === 0) this.#least += now - Math.max(this.#askedAt, this.#arrivedAt);
    }
    this.#underWay++;
  }

  /** The run is submitted, and the loop needs the next batch. */
  submitted(): void {
    this.#askedAt = this.now();
  }

  /** The outputs of the oldest run under way are back. */
  arrived(): void {
    const now = this.now();
    if (this.#warmAt === undefined) this.#warmAt = now;
    else this.#total += now - this.#arrivedAt;
    this.#arrivedAt = now;
    this.#underWay--;
  }

  /** Shares of all time counted so far, 0 to 1; undefined when no epoch had a second run. */
  get share(): { readonly least: number; readonly most: number } | undefined {
    if (this.#total === 0) return undefined;
    return { least: this.#least / this.#total, most: this.#most / this.#total };
  }
}
