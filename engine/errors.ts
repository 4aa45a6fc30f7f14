/** The base of all errors that a user should read, and the errors of the engine. */

/** What helps against an error, as data: a command names its flags from it. Each layer has a union of its kinds. */
export type Remedy = { readonly kind: string };

/** Other values of settings, given by their names. */
export type ChangeSettings<Name extends string> = {
  readonly kind: "change";
  readonly settings: readonly Name[];
};

/** The values of settings that help. */
export type SetSettings<Name extends string> = {
  readonly kind: "set";
  readonly settings: { readonly [N in Name]?: number | string | boolean };
};

/** Another file or folder to write to. */
export type OtherOutput = { readonly kind: "other-output" };

/** An error whose message is for the user: what happened, to what, and in general words what helps. */
export class UserError<R extends Remedy = Remedy> extends Error {
  /** What helps, as data; empty where the message says all. */
  readonly remedies: readonly R[];

  /** Takes the message, and the remedies that it speaks of in its order. */
  constructor(
    message: string,
    { remedies = [], ...options }: ErrorOptions & { remedies?: readonly R[] } = {},
  ) {
    super(message, options);
    this.remedies = remedies;
  }
}

/** Look at which adapters there are. */
export type InspectAdapters = { readonly kind: "inspect-adapters" };

/** Base of every error that the engine raises on purpose. */
export class EngineError<R extends Remedy = InspectAdapters> extends UserError<R> {
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
export class LimitError<R extends Remedy = InspectAdapters> extends EngineError<R> {
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
    remedies: readonly R[] = [],
  ) {
    super(message, { remedies });
  }
}

/** Operands whose shapes do not belong together. */
export class ShapeError extends EngineError {
  /** "ShapeError", for whoever logs it. */
  override name = "ShapeError";
}
