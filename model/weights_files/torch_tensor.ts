/**
 * Tensors and storages of PyTorch. A storage is a row of elements in the file; a tensor is a view of it by an offset, a
 * shape and strides, all in elements. Several tensors may share a storage.
 */
import { elementCount } from "../../kernels/wgsl/storage.ts";
import type { SafetensorsDtype, SafetensorsTensor } from "../safetensors.ts";
import { SAFETENSORS_BITS, viewAs } from "../safetensors_dtype.ts";
import { brief } from "../safetensors_json.ts";
import { PickleObject } from "./pickle_values.ts";
import { damaged, WeightsFileError } from "./weights_file_error.ts";
import { type Budget, spend } from "./budget.ts";

/** An element type of PyTorch; `dtype` is undefined for those that safetensors does not have. */
export class TorchDtype extends PickleObject {
  readonly what = "a dtype";
  /** Takes PyTorch's name of it. */
  constructor(readonly name: string, readonly dtype: SafetensorsDtype | undefined) {
    super();
  }
}

/** Elements in the file. */
export class TorchStorage extends PickleObject {
  readonly what = "a storage";
  /**
   * Takes what the pickle says of it.
   *
   * @param key which of the file's storages it is.
   * @param dtype of its elements; U8 for a storage without a type.
   * @param elements how many there are.
   * @param first the first of them in the file's storage: not 0 for a view of another storage.
   */
  constructor(
    readonly key: string,
    readonly dtype: TorchDtype,
    readonly elements: number,
    readonly first = 0,
  ) {
    super();
  }
}

/** A tensor whose elements are still in the file. */
export class TorchTensor extends PickleObject {
  readonly what = "a tensor";
  /** Takes the arguments of PyTorch's rebuild functions. */
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: TorchDtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Bytes of an element. @throws {WeightsFileError} for a type that safetensors does not have. */
export function elementBytes({ name, dtype }: TorchDtype): number {
  if (dtype !== undefined) return SAFETENSORS_BITS[dtype] / 8;
  throw new WeightsFileError(
    "unsupported",
    `It has a tensor of ${name}, which safetensors has no type for. Convert that tensor in PyTorch first.`,
  );
}

/**
 * The elements of a tensor, row-major: a view of the storage's bytes where they lie so, else a copy.
 *
 * @param bytes of the file's storage that the tensor names, little-endian.
 * @param budget what tensors may take; those that share a storage are counted each, as they are when they are written.
 */
export function readTensor(
  name: string,
  tensor: TorchTensor,
  bytes: Uint8Array,
  budget: Budget,
): SafetensorsTensor {
  const { storage, shape, strides, dtype } = tensor;
  const size = elementBytes(dtype);
  const whole = (storage.first + storage.elements) * elementBytes(storage.dtype);
  const begin = storage.first * elementBytes(storage.dtype) + tensor.offset * size;
  const count = elementCount(shape);
  const last = count === 0 ? 0 : shape.reduce((sum, length, i) => sum + (length - 1) * (strides[i] ?? 0), 1);
  if (!(whole <= bytes.byteLength) || !(begin + last * size <= whole)) {
    throw damaged(
      `the tensor ${brief(name)} of shape [${
        brief(shape.join())
      }] ends behind its storage of ${bytes.byteLength} bytes`,
    );
  }
  if (tensor.dtype.dtype === undefined) throw damaged(`the tensor ${brief(name)} has no type`);
  const contiguous = isContiguous(shape, strides) || count === 0;
  spend(budget, count * size, `The tensor ${brief(name)}`);
  const from = bytes.subarray(begin, begin + last * size);
  return {
    dtype: tensor.dtype.dtype,
    shape,
    data: viewAs(
      tensor.dtype.dtype,
      contiguous ? from.subarray(0, count * size) : gather(from, size, shape, strides),
    ),
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] ?? 1;
    if (length !== 1 && strides[axis] !== expected) return false;
    expected *= length;
  }
  return true;
}

/** Copies elements in the order of the shape. */
function gather(
  bytes: Uint8Array,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const count = elementCount(shape);
  const result = new Uint8Array(count * size);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < size; byte++) result[to * size + byte] = bytes[from * size + byte] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0, next = (index[axis] ?? 0) + 1;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        from += stride;
        break;
      }
      from -= stride * (next - 1);
      index[axis] = 0;
    }
  }
  return result;
}
