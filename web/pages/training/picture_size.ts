/** Sizes of pictures, apart from the code that draws them, which the page does not load. */

/** A picture on the page; as in Market-1501. */
export const PICTURE = { height: 128, width: 64 } as const;

/** An input of the network. */
export const INPUT = { height: 64, width: 32 } as const;
