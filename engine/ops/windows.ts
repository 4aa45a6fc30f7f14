/** How windows move over an image: what convolutions and pooling take as options. */
import { type ConvShape, outputSize, type Pads, samePads } from "../../kernels/mod.ts";
import { EngineError, ShapeError } from "../errors.ts";

/**
 * Zeros around an image: so many on every side, or on each; `valid`, none; `same`, as many as give ceil(size / stride) outputs,
 * an odd one at the bottom and right, as in TensorFlow.
 */
export type WindowPadding = number | "same" | "valid" | Pads;

/** Where windows lie. */
export interface WindowOptions {
  /** Pixels between neighboring windows, along both axes. */
  readonly stride?: number;
  /** Zeros around the image; none by default. */
  readonly padding?: WindowPadding;
}

/** An image, and the windows on it. */
type Windows = Pick<ConvShape, "n" | "h" | "w" | "kh" | "kw"> & { readonly dilation?: number };

/**
 * The shape of an op on windows, from its options.
 *
 * @param known all names of options that the op takes
 * @throws {EngineError} when an option is none of those, or its value cannot be.
 * @throws {ShapeError} when not even one window fits into the padded image.
 */
export function windowShape(
  op: string,
  image: Windows,
  options: WindowOptions,
  known: readonly string[],
): ConvShape & { readonly oh: number; readonly ow: number } {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new EngineError(`${op}() has no option ${unknown}: there are ${known.join(", ")}`);
  }
  const { stride = 1, padding = "valid" } = options;
  const { dilation = 1 } = image;
  requireWhole(op, "stride", stride, 1);
  requireWhole(op, "dilation", dilation, 1);
  const shape = { ...image, dilation, stride, pads: padsOf(op, padding, image, stride, dilation) };
  const { oh, ow } = outputSize(shape);
  if (oh < 1 || ow < 1) {
    throw new ShapeError(
      `${op}(): a ${image.kh}×${image.kw} window does not fit into the padded image [${image.h}, ${image.w}]`,
    );
  }
  return { ...shape, oh, ow };
}

/** @throws {EngineError} unless the value is a whole number from `least` on. */
export function requireWhole(op: string, name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new EngineError(`${op}() takes a whole number from ${least} as ${name}; got ${value}`);
  }
}

function padsOf(
  op: string,
  padding: WindowPadding,
  { h, w, kh, kw }: Windows,
  stride: number,
  dilation: number,
): Pads {
  if (padding === "valid") return { top: 0, bottom: 0, left: 0, right: 0 };
  if (padding === "same") {
    const reach = (taps: number) => (taps - 1) * dilation + 1;
    return samePads(h, w, reach(kh), stride, reach(kw));
  }
  const { top, bottom, left, right } = typeof padding === "number"
    ? { top: padding, bottom: padding, left: padding, right: padding }
    : padding;
  const valid = [top, bottom, left, right].every((size) => Number.isInteger(size) && size >= 0);
  if (!valid) {
    throw new EngineError(
      `${op}() takes as padding "same", "valid", a whole number from 0, or { top, bottom, left, right }; ` +
        `got ${JSON.stringify(padding)}`,
    );
  }
  return { top, bottom, left, right };
}
