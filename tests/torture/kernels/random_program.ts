/** A random program: random inputs and the ops that are recorded on them. */
import {
  backward,
  type Device,
  f32,
  type InputSpec,
  type Parameter,
  ParameterSet,
  type Precision,
  sum,
  Tensor,
  u32,
  Uint32Tensor,
} from "../../../engine/mod.ts";
import { type Recorded, Recorder, recordWith } from "../../../engine/recorder.ts";
import { Value } from "../../../engine/value.ts";
import type { SeededRandom } from "../../reference/seeded_random.ts";

/** A recorded program and the data of its inputs. */
export interface RandomProgram {
  readonly steps: readonly Recorded[];
  readonly data: ReadonlyMap<Value, ArrayLike<number>>;
  /** Frees the parameters. */
  destroy(): void;
}

/** Sizes at and next to the ends of tiles, vec4s and workgroups. */
const EDGES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129];

/** Most elements of a tensor; a trial then takes milliseconds. */
const MOST_ELEMENTS = 12_000;

/** Random sizes, inputs and choices for the program of a family. */
export class Draw {
  readonly data = new Map<Value, ArrayLike<number>>();
  /** Inputs that gradients flow to. */
  readonly differentiable: Tensor[] = [];
  #set: ParameterSet | undefined;

  constructor(
    readonly device: Device,
    readonly random: SeededRandom,
    /** Whether the dispatch must need more than one dimension of workgroups. */
    readonly large: boolean,
    /** Index of this program in its family. */
    readonly number: number,
    /** Factor of all sizes. Above 1 the program is only recorded and has no data. */
    readonly scale = 1,
  ) {}

  /** The parameters of the program. */
  get set(): ParameterSet {
    return this.#set ??= new ParameterSet(this.device);
  }

  /** A whole number from `least` to `most`, often one of EDGES. */
  size(most = 140, least = 1): number {
    if (this.scale > 1) return least + this.random.integer(this.scale * most - least + 1);
    const edges = EDGES.filter((edge) => edge >= least && edge <= most);
    if (edges.length > 0 && this.random.integer(2) === 0) return this.pick(edges);
    return least + this.random.integer(most - least + 1);
  }

  /** A shape with this number of axes, by default one to four. */
  shape(axes = 1 + this.random.integer(4)): number[] {
    for (;;) {
      const shape = Array.from({ length: axes }, () => this.size(axes < 3 ? 140 : 40));
      if (shape.reduce((a, b) => a * b, 1) <= MOST_ELEMENTS * this.scale ** 3) return shape;
    }
  }

  /** A number of rows; each row takes a workgroup or a thread. */
  rows(each: "workgroup" | "thread", most = 60): number {
    if (!this.large) return this.size(most);
    return (each === "workgroup" ? 65_536 : 65_536 * 64) + this.random.integer(1000);
  }

  /** One of a list. */
  pick<T>(items: readonly T[]): T {
    return items[this.random.integer(items.length)]!;
  }

  /** The items of a list in turn, so that a few programs of a family use all of them. */
  turn<T>(items: readonly T[]): T {
    return items[this.number % items.length]!;
  }

  /** True or false. */
  coin(): boolean {
    return this.random.integer(2) === 0;
  }

  /** A tensor that gradients flow to, unless the program is large. */
  tensor(shape: readonly number[], from = -1, to = 1, differentiable = !this.large): Tensor {
    const count = shape.reduce((a, b) => a * b, 1);
    // A few thousand numbers repeat: drawing millions takes seconds.
    const numbers = Float32Array.from(
      { length: Math.min(count, 4096) },
      () => from + (to - from) * this.random.uniform(),
    );
    const data = this.scale > 1
      ? numbers
      : Float32Array.from({ length: count }, (_, i) => numbers[i % numbers.length]!);
    const tensor = this.#input(f32(shape, { differentiable }), data) as Tensor;
    if (differentiable) this.differentiable.push(tensor);
    return tensor;
  }

  /** Random integers below a bound. */
  words(shape: readonly number[], below: number): Uint32Tensor {
    const count = this.scale > 1 ? 1 : shape.reduce((a, b) => a * b, 1);
    return this.given(shape, Uint32Array.from({ length: count }, () => this.random.integer(below)));
  }

  /** These integers. */
  given(shape: readonly number[], data: Uint32Array): Uint32Tensor {
    return this.#input(u32(shape), data) as Uint32Tensor;
  }

  /** These numbers, without a gradient; for kernels that rely on their values. */
  numbers(shape: readonly number[], data: ArrayLike<number>): Tensor {
    return this.#input(f32(shape), data) as Tensor;
  }

  /** A parameter. */
  parameter(shape: readonly number[], trainable = true): Parameter {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: count }, () => this.random.normal());
    return this.set.add(`p${this.set.parameters.length}`, shape, values, { trainable });
  }

  destroy(): void {
    this.#set?.destroy();
  }

  #input(spec: InputSpec, data: ArrayLike<number>): Tensor | Uint32Tensor {
    const value = new Value(spec.shape, spec.type, { kind: "input", name: `input ${this.data.size}` });
    this.data.set(value, data);
    return spec.type === "u32"
      ? new Uint32Tensor(spec.shape, value)
      : new Tensor(spec.shape, value, spec.differentiable);
  }
}

/** Draws a program; returns the function to record, whose result is differentiated if it requires a gradient. */
export type Family = (draw: Draw) => () => Tensor | Uint32Tensor | void;

/** Records a random program of a family, forward and backward. */
export function recordRandom(
  device: Device,
  family: Family,
  random: SeededRandom,
  number: number,
  large = false,
  scale = 1,
  precision: Precision = "f32",
): RandomProgram {
  const draw = new Draw(device, random, large, number, scale);
  const body = family(draw);
  const memory = draw.coin() ? "low" : "normal";
  const recorder = new Recorder(device, draw.data.keys(), { memory, precision });
  recordWith(recorder, () => {
    const y = body();
    if (!(y instanceof Tensor)) return;
    y.value; // Writes it now if that was deferred.
    if (!y.requiresGradient) return;
    const gradients = backward(sum(y));
    for (const tensor of draw.differentiable) gradients.of(tensor)?.value;
  });
  return { steps: recorder.dispatches, data: draw.data, destroy: () => draw.destroy() };
}
