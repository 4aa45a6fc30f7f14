/**
 * What a kernel is to the rest of the program: data. A geometry function turns shapes into a {@link Dispatch},
 * which says which shader runs, on which bindings, with which constants and how many workgroups. Nothing here
 * knows of a device, so every kernel can be checked, timed and read alone.
 */
import { lastAxis, vec4Count } from "./storage.ts";

/** How a shader uses a binding. `update` reads and writes in place and needs a flat buffer. */
export type Access = "read" | "write" | "update";

/**
 * A per-channel function applied while a tensor is loaded, so that its result is never written to memory:
 * - `none` leaves x as it is,
 * - `affine` is scale · x + shift, `affine-relu6` clamps that to [0, 6]: batch norm on its way to the next layer,
 * - `norm-gradient` is scale · g + a · x + b of a gradient g and a second tensor x: the gradient of `affine` on its way
 *   back; `norm-relu6-gradient` first sets g to zero where scale · x + shift is outside (0, 6).
 */
export type Prologue = "none" | "affine" | "affine-relu6" | "norm-gradient" | "norm-relu6-gradient";

/** Whether a prologue takes a second tensor and four coefficients a channel. */
export function isGradientPrologue(prologue: Prologue): boolean {
  return prologue === "norm-gradient" || prologue === "norm-relu6-gradient";
}

/**
 * What is done to a result before it is stored, in this order: a bias per channel is added, then a tensor of the result's
 * shape, then values are clamped to [0, 6].
 */
export interface Epilogue {
  /** Adds NAME_bias. */
  readonly bias?: boolean;
  /** Adds NAME_addend. */
  readonly addend?: boolean;
  /** Clamps. */
  readonly relu6?: boolean;
}

/** One binding of a shader, by the name its accessors are called after. */
export interface Binding {
  /** What its accessors in the shader are called after. */
  readonly name: string;
  /** f32 in vec4s with padded rows, or plain u32. */
  readonly type: "f32" | "u32";
  /** Whether the shader reads it, writes it, or both. */
  readonly access: Access;
  /** Given for tensors that the shader reads through `NAME_map` and `NAME_value`. */
  readonly prologue?: Prologue;
  /** Given for tensors that the shader writes through `NAME_epilogue`. */
  readonly epilogue?: Epilogue;
  /** How many vec4s it holds, where it may lie in a uniform buffer; 4 if not given. */
  readonly vec4s?: number;
}

/** One shader run: everything but the memory it runs on. */
export interface Dispatch {
  /** File name of the shader without its ending; appears in errors and timings. */
  readonly kernel: string;
  /** The WGSL text, without its bindings' declarations. */
  readonly source: string;
  /** What it runs on, in the order of binding numbers. */
  readonly bindings: readonly Binding[];
  /** Numbers that the shader uses by these names, u32 unless it declares `override NAME: f32;`: the shapes. See {@link ConstantsKind}. */
  readonly constants: Readonly<Record<string, number>>;
  /** Integer constants that size private arrays and unrolled loops; WGSL wants those in the text itself. Empty by default. */
  readonly tile?: Readonly<Record<string, number>>;
  /** How many run, by dimension. */
  readonly workgroups: readonly [number, number, number];
  /** Arithmetic and least possible memory traffic, for rooflines. */
  readonly cost: Cost;
  /** Given where the same could be computed by another variant of the kernel. */
  readonly tunable?: Tunable;
  /** Given where the kernel can leave the statistics of what it writes besides: what runs then. */
  readonly withStatistics?: () => WithStatistics;
  /**
   * Given where the kernel can leave the sums of a batch norm's gradient, if it writes the gradient of that batch norm's
   * output: what runs then. It binds the batch norm's `moments` besides, and its input as `norm` (with `norm_coefficients`
   * where there is ReLU6), or has its output as an operand already.
   */
  readonly withGradientSums?: (relu6: boolean) => WithStatistics;
}

/** A dispatch that leaves two sums a channel of slices of its result's rows: see the epilogues in `kernels/batch_norm`. */
export interface WithStatistics {
  /** It binds `statistics` [slices, 2, C] besides. */
  readonly dispatch: Dispatch;
  /** How many parts the rows are cut into. */
  readonly slices: number;
  /** Rows of a part; the last may have fewer. Of a gradient's sums any may. */
  readonly sliceRows: number;
}

/** A dispatch, and the shapes of its operands by the names of its bindings. */
export interface VariantWork {
  /** What runs. */
  readonly dispatch: Dispatch;
  /** What it runs on. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** A computation that can run as one of several variants. */
export interface Tunable {
  /** The computation and its shape: "matmul 32768×96×24 affine-relu6". The variant's name is chosen under this key. */
  readonly key: string;
  /** As what it runs here. */
  readonly variant: string;
  /** What has to run for it as the given variant, in order. */
  as(variant: string): readonly VariantWork[];
}

/** Floating-point operations (a fused multiply-add counts two) and bytes moved when each operand moves once. */
export interface Cost {
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes read plus bytes written. */
  readonly bytes: number;
}

/** Threads of a workgroup in every flat kernel: a multiple of the lanes of software and of hardware adapters. */
export const WORKGROUP = 64;

/** WebGPU's limit on workgroups along one dimension. */
export const MAX_WORKGROUPS = 65535;

/**
 * Workgroups for `threads` threads in a row, folded into two dimensions where one does not hold them.
 * The entry point numbers the threads across the fold; shaders ignore those past the end.
 *
 * @throws {RangeError} when even two dimensions do not hold them.
 */
export function flatWorkgroups(threads: number): readonly [number, number, number] {
  return foldWorkgroups(Math.max(1, Math.ceil(threads / WORKGROUP)));
}

/**
 * `groups` workgroups in a row, folded into two dimensions where one does not hold them. Shaders ignore those past the
 * end.
 *
 * @throws {RangeError} when even two dimensions do not hold them.
 */
export function foldWorkgroups(groups: number): readonly [number, number, number] {
  if (groups <= MAX_WORKGROUPS) return [groups, 1, 1];
  const rows = Math.ceil(groups / MAX_WORKGROUPS);
  if (rows > MAX_WORKGROUPS) throw new RangeError(`Cannot dispatch ${groups} workgroups of one kernel`);
  return [Math.ceil(groups / rows), rows, 1];
}

/** A tensor or word array that the shader reads. */
export function reads(name: string, type: "f32" | "u32" = "f32"): Binding {
  return { name, type, access: "read" };
}

/** A tensor or word array that the shader writes. */
export function writes(name: string, type: "f32" | "u32" = "f32"): Binding {
  return { name, type, access: "write" };
}

/**
 * A tensor that the shader writes through `NAME_epilogue`. Where there is a bias, a binding `NAME_bias` [1, C] follows, and
 * where there is something to add, `NAME_addend`.
 */
export function epilogueBindings(name: string, epilogue: Epilogue): Binding[] {
  const bindings: Binding[] = [{ name, type: "f32", access: "write", epilogue }];
  if (epilogue.bias) bindings.push(reads(`${name}_bias`));
  if (epilogue.addend) bindings.push(reads(`${name}_addend`));
  return bindings;
}

/** A flat buffer that the shader updates in place. */
export function updates(name: string): Binding {
  return { name, type: "f32", access: "update" };
}

/** A few values for every channel, [rows, C], that the shader reads. */
export function readsChannels(name: string, rows: number, channels: number): Binding {
  return { name, type: "f32", access: "read", vec4s: rows * vec4Count(channels) };
}

/**
 * A tensor read through a per-channel prologue. Unless the prologue is `none`, a binding `NAME_coefficients` follows,
 * [2, C]: the scales, then the shifts. For the gradient prologues it is [4, C], with a and b after those, and the second
 * tensor, `NAME_input`, stands before it.
 */
export function prologueBindings(name: string, prologue: Prologue, channels: number): Binding[] {
  const binding: Binding = { name, type: "f32", access: "read", prologue };
  if (prologue === "none") return [binding];
  if (!isGradientPrologue(prologue)) return [binding, readsChannels(`${name}_coefficients`, 2, channels)];
  return [binding, reads(`${name}_input`), readsChannels(`${name}_coefficients`, 4, channels)];
}

/** Shapes of what {@link prologueBindings} binds, for a tensor of this shape. */
export function prologueShapes(
  name: string,
  prologue: Prologue,
  shape: readonly number[],
): Record<string, readonly number[]> {
  const channels = lastAxis(shape);
  const shapes: Record<string, readonly number[]> = { [name]: shape };
  if (isGradientPrologue(prologue)) shapes[`${name}_input`] = shape;
  if (prologue !== "none") shapes[`${name}_coefficients`] = [isGradientPrologue(prologue) ? 4 : 2, channels];
  return shapes;
}

/** The constant that a prologue needs: how many vec4s of channels there are. */
export function prologueConstants(
  name: string,
  prologue: Prologue,
  channels: number,
): Record<string, number> {
  return prologue === "none" ? {} : { [`${name}_C4`]: vec4Count(channels) };
}
