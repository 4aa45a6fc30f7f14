/** Writes the files that `torch.save` writes, in both forms, from what torch/serialization.py does. */
import { crc32 } from "node:zlib";
import { Call, concat, Global, latin, le, Persistent, type Picklable, pickle, Tuple } from "./pickler.ts";

/** Storage classes by the element types of safetensors. */
export const STORAGE_CLASS = {
  F64: "DoubleStorage",
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
  I64: "LongStorage",
  I32: "IntStorage",
  I16: "ShortStorage",
  I8: "CharStorage",
  U8: "ByteStorage",
  BOOL: "BoolStorage",
  C64: "ComplexFloatStorage",
} as const;

/** An element type that PyTorch has a storage class for. */
export type StorageDtype = keyof typeof STORAGE_CLASS;

/** Elements of a file, which tensors are views of. */
export interface Storage {
  readonly key: string;
  readonly dtype: StorageDtype;
  readonly bytes: Uint8Array;
}

const ELEMENT: Record<StorageDtype, number> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1, C64: 8 },
};

/** Elements that a storage has. */
const count = ({ dtype, bytes }: Storage) => bytes.length / ELEMENT[dtype];

/** The persistent id of a storage; the form before 1.6 adds the view that it is of another. */
function id(storage: Storage, view?: Picklable): Persistent {
  const type = new Global("torch", STORAGE_CLASS[storage.dtype]);
  const place = ["storage", type, storage.key, "cpu", count(storage)];
  return new Persistent(new Tuple(view === undefined ? place : [...place, view]));
}

/** Row-major strides. */
export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}

/** A tensor as `Tensor.__reduce_ex__` writes it. */
export function tensor(
  storage: Storage,
  shape: readonly number[],
  { strides = rowMajor(shape), offset = 0, view }: {
    strides?: readonly number[];
    offset?: number;
    view?: Picklable;
  } = {},
): Call {
  const hooks = new Call(new Global("collections", "OrderedDict"), new Tuple([]));
  return new Call(
    new Global("torch._utils", "_rebuild_tensor_v2"),
    new Tuple([id(storage, view), offset, new Tuple(shape), new Tuple(strides), false, hooks]),
  );
}

/** A state_dict: an OrderedDict whose attribute `_metadata` is its state. */
export function stateDict(entries: readonly (readonly [string, Picklable])[]): Picklable {
  const dict = new Call(
    new Global("collections", "OrderedDict"),
    new Tuple([[...entries].map((pair) => new Tuple(pair))]),
    {
      state: new Map([["_metadata", new Map([["", new Map([["version", 1]])]])]]),
    },
  );
  return dict;
}

/** How the zip form is written. */
export interface ZipForm {
  readonly protocol?: number;
  readonly folder?: string;
  readonly byteorder?: "little" | "big";
  readonly deflated?: boolean;
  readonly zip64?: boolean;
  /** Entries beside those of PyTorch. */
  readonly more?: ReadonlyMap<string, Uint8Array>;
}

/** The form since PyTorch 1.6. */
export async function torchZip(
  value: Picklable,
  storages: readonly Storage[],
  form: ZipForm = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { protocol = 2, folder = "archive", byteorder = "little" } = form;
  const entries = new Map<string, Uint8Array>([
    [`${folder}/data.pkl`, pickle(value, protocol)],
    [`${folder}/byteorder`, latin(byteorder)],
    ...storages.map(({ key, bytes }) => [`${folder}/data/${key}`, bytes] as const),
    [`${folder}/version`, latin("3\n")],
    ...form.more ?? [],
  ]);
  return await zipArchive(entries, form);
}

/** The form before PyTorch 1.6. */
export function torchStream(
  value: Picklable,
  storages: readonly Storage[],
  protocol = 2,
): Uint8Array<ArrayBuffer> {
  const sizes = new Map<Picklable, Picklable>([["short", 2], ["int", 4], ["long", 4]]);
  const system = new Map<Picklable, Picklable>([["protocol_version", 1001], ["little_endian", true], [
    "type_sizes",
    sizes,
  ]]);
  return concat([
    pickle(0x1950a86a20f9469cfc6cn, protocol),
    pickle(1001, protocol),
    pickle(system, protocol),
    pickle(value, protocol),
    pickle(storages.map(({ key }) => key), protocol),
    ...storages.flatMap((storage) => [le(count(storage), 8), storage.bytes]),
  ]);
}

/** An archive of stored entries, aligned to 64 bytes as PyTorch has them, or of deflated ones. */
export async function zipArchive(
  entries: ReadonlyMap<string, Uint8Array>,
  { deflated = false, zip64 = false }: Pick<ZipForm, "deflated" | "zip64"> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [], directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of entries) {
    const packed = deflated ? await deflate(content) : content;
    const path = new TextEncoder().encode(name);
    const padding = deflated ? 0 : (64 - (at + 30 + path.length + 4) % 64) % 64;
    const extra = concat([latin("FB"), le(padding, 2), new Uint8Array(padding).fill(0x5a)]);
    const common = concat([le(20, 2), le(0, 2), le(deflated ? 8 : 0, 2), le(0, 4), le(crc32(content), 4)]);
    const sizes = concat([le(packed.length, 4), le(content.length, 4)]);
    parts.push(
      concat([
        latin("PK\x03\x04"),
        common,
        sizes,
        le(path.length, 2),
        le(extra.length, 2),
        path,
        extra,
        packed,
      ]),
    );
    const large = concat([le(1, 2), le(24, 2), le(content.length, 8), le(packed.length, 8), le(at, 8)]);
    const [listed, offset, field] = zip64
      ? [new Uint8Array(8).fill(0xff), new Uint8Array(4).fill(0xff), large]
      : [sizes, le(at, 4), new Uint8Array(0)];
    directory.push(
      concat([
        latin("PK\x01\x02"),
        le(20, 2),
        common,
        listed,
        le(path.length, 2),
        le(field.length, 2),
        le(0, 10),
        offset,
        path,
        field,
      ]),
    );
    at += parts.at(-1)?.length ?? 0;
  }
  const list = concat(directory);
  const many = entries.size;
  const tail = zip64
    ? [
      concat([
        latin("PK\x06\x06"),
        le(44, 8),
        le(45, 2),
        le(45, 2),
        le(0, 8),
        le(many, 8),
        le(many, 8),
        le(list.length, 8),
        le(at, 8),
      ]),
      concat([latin("PK\x06\x07"), le(0, 4), le(at + list.length, 8), le(1, 4)]),
      concat([latin("PK\x05\x06"), le(0, 4), new Uint8Array(12).fill(0xff), le(0, 2)]),
    ]
    : [
      concat([
        latin("PK\x05\x06"),
        le(0, 4),
        le(many, 2),
        le(many, 2),
        le(list.length, 4),
        le(at, 4),
        le(0, 2),
      ]),
    ];
  return concat([...parts, list, ...tail]);
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
