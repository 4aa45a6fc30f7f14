/**
 * What a file that PyTorch wrote may name, and what stands for it here: functions that rebuild tensors, types, plain
 * containers, and NumPy's scalars, which training programs put beside the weights.
 */
import { elementCount } from "../../kernels/wgsl/storage.ts";
import { isSize } from "../is_size.ts";
import { brief } from "../safetensors_json.ts";
import type { SafetensorsDtype } from "../safetensors.ts";
import { latin1 } from "./byte_reader.ts";
import { numpyScalar, NumpyType } from "./numpy_scalar.ts";
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  type PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "./pickle_values.ts";
import { TorchDtype, TorchStorage, TorchTensor } from "./torch_tensor.ts";
import { damaged, refused, WeightsFileError } from "./weights_file_error.ts";

/** Element types: PyTorch's name, its older storage class, and safetensors' name. */
const DTYPES: readonly (readonly [name: string, storage: string, dtype?: SafetensorsDtype])[] = [
  ["float64", "DoubleStorage", "F64"],
  ["float32", "FloatStorage", "F32"],
  ["float16", "HalfStorage", "F16"],
  ["bfloat16", "BFloat16Storage", "BF16"],
  ["int64", "LongStorage", "I64"],
  ["int32", "IntStorage", "I32"],
  ["int16", "ShortStorage", "I16"],
  ["int8", "CharStorage", "I8"],
  ["uint8", "ByteStorage", "U8"],
  ["bool", "BoolStorage", "BOOL"],
  ["complex64", "ComplexFloatStorage", "C64"],
  ["complex128", "ComplexDoubleStorage"],
  ["uint16", "", "U16"],
  ["uint32", "", "U32"],
  ["uint64", "", "U64"],
  ["float8_e5m2", "", "F8_E5M2"],
  ["float8_e4m3fn", "", "F8_E4M3"],
];

/** Most axes of a tensor; PyTorch allows 64. */
const MOST_AXES = 64;

function wrong(what: string): never {
  throw damaged(`the pickle rebuilds ${what} from other arguments than PyTorch writes`);
}

function sizes(value: PickleValue | undefined): number[] {
  const items = value instanceof PickleTuple || value instanceof PickleList ? value.items : undefined;
  if (items === undefined || items.length > MOST_AXES || !items.every(isSize)) return wrong("a tensor");
  return items.filter(isSize);
}

function tensor([storage, offset, shape, strides]: readonly PickleValue[], dtype?: TorchDtype): TorchTensor {
  if (!(storage instanceof TorchStorage) || !isSize(offset)) return wrong("a tensor");
  const [lengths, steps] = [sizes(shape), sizes(strides)];
  const count = elementCount(lengths);
  if (lengths.length !== steps.length || !Number.isSafeInteger(count)) return wrong("a tensor");
  return new TorchTensor(storage, dtype ?? storage.dtype, offset, lengths, steps);
}

/** A dict of a class that may have attributes, from nothing, a dict, or a list of pairs. */
function orderedDict([source]: readonly PickleValue[]): PickleDict {
  const made = new PickleDict(true);
  if (source instanceof PickleDict) {
    for (const [key, value] of source.entries) {
      made.entries.set(key, value);
    }
  } else if (source instanceof PickleList) {
    for (const pair of source.items) {
      const items = pair instanceof PickleList || pair instanceof PickleTuple ? pair.items : [];
      const [key, value] = items;
      if (key === undefined || value === undefined) return wrong("a dict");
      made.entries.set(key, value);
    }
  } else if (source !== undefined) return wrong("a dict");
  return made;
}

function set([source]: readonly PickleValue[]): PickleSet {
  const made = new PickleSet();
  if (source instanceof PickleList || source instanceof PickleTuple || source instanceof PickleSet) {
    for (const item of source.items) made.items.push(item);
  } else if (source !== undefined) return wrong("a set");
  return made;
}

/** Bytes that protocols before 3 write as Latin-1 text. */
function encoded([text, encoding]: readonly PickleValue[]): Uint8Array {
  if (typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) return wrong("bytes");
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Protocols before 3 write empty bytes as a call without arguments. */
function noBytes(args: readonly PickleValue[]): Uint8Array {
  return args.length === 0 ? new Uint8Array(0) : wrong("bytes");
}

/** `_rebuild_parameter`: a parameter is its tensor. */
function parameter([data]: readonly PickleValue[]): TorchTensor {
  return data instanceof TorchTensor ? data : wrong("a parameter");
}

const CALLS: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  "collections.OrderedDict": orderedDict,
  "collections.Counter": orderedDict,
  "builtins.set": set,
  "__builtin__.set": set,
  "builtins.frozenset": set,
  "__builtin__.frozenset": set,
  "_codecs.encode": encoded,
  "__builtin__.bytes": noBytes,
  "builtins.bytes": noBytes,
  "torch.Size": ([size]) => size instanceof PickleTuple ? size : wrong("a size"),
  "torch.device": ([type]) => typeof type === "string" ? type : wrong("a device"),
  "torch._utils._rebuild_tensor": (args) => tensor(args),
  "torch._utils._rebuild_tensor_v2": (args) => tensor(args),
  "torch._utils._rebuild_tensor_v3": (args) =>
    args[6] instanceof TorchDtype ? tensor(args, args[6]) : wrong("a tensor"),
  "torch._utils._rebuild_parameter": parameter,
  "torch._utils._rebuild_parameter_with_state": parameter,
  "numpy.dtype": ([code]) => typeof code === "string" ? new NumpyType(code) : wrong("a type of NumPy"),
  "numpy.core.multiarray.scalar": numpyScalar,
  "numpy._core.multiarray.scalar": numpyScalar,
};

const bytes = new TorchDtype("uint8", "U8");

/** The storage classes, by their dotted names, with the type of their elements. */
const STORAGES: ReadonlyMap<string, TorchDtype> = new Map([
  ...DTYPES.filter(([, storage]) => storage !== "").map(([name, storage, dtype]) =>
    [`torch.${storage}`, new TorchDtype(name, dtype)] as const
  ),
  ["torch.storage.UntypedStorage", bytes],
  ["torch.UntypedStorage", bytes],
]);

/** Everything that may be named. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal | PickleObject> = new Map<
  string,
  PickleGlobal | PickleObject
>([
  ...Object.entries(CALLS).map(([name, call]) => [name, new PickleGlobal(name, call)] as const),
  ...DTYPES.map(([name, , dtype]) => [`torch.${name}`, new TorchDtype(name, dtype)] as const),
  ...[...STORAGES.keys()].map((name) => [name, new PickleGlobal(name)] as const),
]);

/**
 * A storage from its persistent id: ("storage", class, key, device, elements) and, before PyTorch 1.6, the view that it
 * is of another storage: (key, first element, elements) or None.
 *
 * @throws {WeightsFileError} `refused` for an id of another kind: older files had the source code of modules;
 *   `unsupported` for protocol 0, whose ids are texts.
 */
export function storageFromId(id: PickleValue): TorchStorage {
  if (typeof id === "string" && id.startsWith("('storage', ")) {
    throw new WeightsFileError(
      "unsupported",
      "Its pickle is of protocol 0, which writes the ids of storages as text; PyTorch does not read it either. Save the " +
        "weights again without pickle_protocol=0.",
    );
  }
  const [kind, type, key, , elements, view] = id instanceof PickleTuple ? id.items : [];
  const text = kind instanceof Uint8Array ? latin1(kind) : kind;
  if (text !== "storage") {
    throw refused(
      `has a persistent id of ${typeof text === "string" ? brief(JSON.stringify(text)) : "another kind"}`,
    );
  }
  const dtype = type instanceof PickleGlobal ? STORAGES.get(type.name) : undefined;
  if (dtype === undefined || typeof key !== "string" || !isSize(elements)) return wrong("a storage");
  if (!(view instanceof PickleTuple)) return new TorchStorage(key, dtype, elements);
  const [, first, length] = view.items;
  if (!isSize(first) || !isSize(length) || first + length > elements) return wrong("a view of a storage");
  return new TorchStorage(key, dtype, length, first);
}
