/** Copies between buffers and textures go by whole rows of texels. */
import { TEXTURE_WIDTH, VEC4_BYTES } from "../../kernels/mod.ts";

/** A rectangle of a texture, and the offset of its data in a buffer, in bytes. */
export interface TexelRows {
  readonly origin: [number, number];
  readonly size: [number, number];
  readonly offset: number;
}

/** The rectangles that hold `texels` vec4s: whole rows first, then the rest. */
export function texelRows(texels: number): TexelRows[] {
  const whole = Math.floor(texels / TEXTURE_WIDTH);
  const rest = texels % TEXTURE_WIDTH;
  const rows: TexelRows[] = [
    { origin: [0, 0], size: [TEXTURE_WIDTH, whole], offset: 0 },
    { origin: [0, whole], size: [rest, 1], offset: whole * TEXTURE_WIDTH * VEC4_BYTES },
  ];
  return rows.filter(({ size: [width, height] }) => width * height > 0);
}
