/** NumPy's scalars in pickles, such as the score that a training program kept: a type and the bytes of one number. */
import { damaged, refused } from "./weights_file_error.ts";
import { PickleObject, PickleTuple, type PickleValue } from "./pickle_values.ts";

/** How a number of a type is read. */
const READERS: Readonly<Record<string, (view: DataView, little: boolean) => number | bigint | boolean>> = {
  b1: (view) => view.getUint8(0) !== 0,
  i1: (view) => view.getInt8(0),
  u1: (view) => view.getUint8(0),
  i2: (view, little) => view.getInt16(0, little),
  u2: (view, little) => view.getUint16(0, little),
  i4: (view, little) => view.getInt32(0, little),
  u4: (view, little) => view.getUint32(0, little),
  i8: (view, little) => view.getBigInt64(0, little),
  u8: (view, little) => view.getBigUint64(0, little),
  f4: (view, little) => view.getFloat32(0, little),
  f8: (view, little) => view.getFloat64(0, little),
};

/** `numpy.dtype`: a code such as `f8`, and the order of bytes, which comes as its state. */
export class NumpyType extends PickleObject {
  readonly what = "a type of NumPy";
  /** Whether numbers are little-endian. */
  little = true;
  /** Takes the code; one with fields or Python objects is refused. */
  constructor(readonly code: string) {
    super();
    if (!Object.hasOwn(READERS, code)) throw refused(`has NumPy's type ${JSON.stringify(code.slice(0, 20))}`);
  }

  /** (version, order of bytes, ...). */
  override setState(state: PickleValue): void {
    const order = state instanceof PickleTuple ? state.items[1] : undefined;
    if (typeof order !== "string" || !/^[<>|=]$/.test(order)) {
      throw damaged("a type of NumPy has no order of bytes");
    }
    this.little = order !== ">";
  }
}

/** `numpy.core.multiarray.scalar(type, bytes)`. */
export function numpyScalar([type, content]: readonly PickleValue[]): number | bigint | boolean {
  const bytes = typeof content === "string"
    ? Uint8Array.from(content, (letter) => letter.charCodeAt(0))
    : content;
  const reader = type instanceof NumpyType ? READERS[type.code] : undefined;
  if (!(type instanceof NumpyType) || reader === undefined || !(bytes instanceof Uint8Array)) {
    throw damaged("a number of NumPy has no type or no bytes");
  }
  if (bytes.byteLength !== Number(type.code.slice(1))) {
    throw damaged(`a number of NumPy has ${bytes.byteLength} bytes`);
  }
  return reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), type.little);
}
