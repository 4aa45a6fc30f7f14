/** Pixels of a drawn picture, and of what the network sees of it; the page needs them without what draws. */

/** What is shown: as in Market-1501. */
export const PICTURE = { height: 128, width: 64 } as const;

/** What the network sees. */
export const INPUT = { height: 64, width: 32 } as const;
