/** Errors of the engine. Each message is what a person reads: what happened, to what, and what helps. */

/** Base of every error that the engine raises on purpose. */
export class EngineError extends Error {
  /** "EngineError", for whoever logs it. */
  override name = "EngineError";
}

/** There is no usable WebGPU adapter. */
export class NoAdapterError extends EngineError {
  /** "NoAdapterError", for whoever logs it. */
  override name = "NoAdapterError";
}

/** The device is gone: driver reset, unplugged, or destroyed. Nothing on it can be read any more. */
export class DeviceLostError extends EngineError {
  /** "DeviceLostError", for whoever logs it. */
  override name = "DeviceLostError";
}

/** WebGPU refused a call, or the memory for it. */
export class GpuError extends EngineError {
  /** "GpuError", for whoever logs it. */
  override name = "GpuError";
}

/** The GPU had no memory left for what is within its limits: other programs may hold it. */
export class OutOfMemoryError extends GpuError {
  /** "OutOfMemoryError", for whoever logs it. */
  override name = "OutOfMemoryError";
}

/** What was asked for does not fit the adapter's limits; raised before anything runs. */
export class LimitError extends EngineError {
  /** "LimitError", for whoever logs it. */
  override name = "LimitError";

  /**
   * Tells what does not fit.
   *
   * @param tooLarge every tensor that is too large, in elements, and what it needs over what there may be.
   */
  constructor(
    message: string,
    readonly tooLarge: readonly { readonly shape: readonly number[]; readonly times: number }[] = [],
  ) {
    super(message);
  }
}

/** Operands whose shapes do not belong together. */
export class ShapeError extends EngineError {
  /** "ShapeError", for whoever logs it. */
  override name = "ShapeError";
}
