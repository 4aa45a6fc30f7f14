/**
 * Files that `torch.save` writes, in both forms.
 *
 * Since PyTorch 1.6 a zip archive with one folder: `data.pkl`, the pickled object, whose tensors refer to storages by
 * persistent ids; `data/KEY`, the bytes of each storage; `byteorder`, in newer versions; `version`.
 *
 * Before, one stream: a pickle of a magic number, one of the protocol version 1001, one of facts about the machine, one
 * of the object, one of the list of the storages' keys, and then each storage as a 64-bit count of its elements and
 * their bytes.
 */
import { quoted } from "../safetensors_json.ts";
import type { SafetensorsTensor } from "../safetensors.ts";
import { ByteReader, latin1 } from "./byte_reader.ts";
import { firstFew } from "../first_few.ts";
import { readPickle } from "./pickle.ts";
import { PickleList, type PickleValue } from "./pickle_values.ts";
import { namedTensors } from "./state_dict.ts";
import { storageFromId, TORCH_GLOBALS } from "./torch_globals.ts";
import {
  elementBytes,
  readTensor,
  type TorchDtype,
  type TorchStorage,
  type TorchTensor,
} from "./torch_tensor.ts";
import { damaged, WeightsFileError } from "./weights_file_error.ts";
import { type Budget, spend } from "./budget.ts";
import type { ZipArchive } from "./zip.ts";

/** Tensors of a file, and sentences on what it is read as. */
export interface TorchFile {
  readonly tensors: Map<string, SafetensorsTensor>;
  readonly notes: readonly string[];
}

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/** Reads the zip form. */
export async function readTorchZip(archive: ZipArchive, budget: Budget): Promise<TorchFile> {
  const main = archive.names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (main === undefined) throw damaged("the archive has no data.pkl");
  const folder = main.slice(0, -"data.pkl".length);
  const order = archive.sizeOf(`${folder}byteorder`) === undefined
    ? "little"
    : latin1(await archive.read(`${folder}byteorder`, budget)).trim();
  if (order !== "little" && order !== "big") throw damaged(`its byteorder is ${quoted(order)}`);
  const { value } = readPickle(await archive.read(main, budget), {
    globals: TORCH_GLOBALS,
    persistent: storageFromId,
  });
  const { tensors, notes } = namedTensors(value);
  const storages = new Map<string, Uint8Array>();
  for (const { storage, dtype } of tensors.values()) {
    if (storages.has(storage.key)) continue;
    const bytes = await archive.read(`${folder}data/${storage.key}`, budget);
    storages.set(storage.key, order === "little" ? bytes : swapped(bytes, dtype, budget));
  }
  const found = readAll(tensors, storages, budget);
  const { mismatched } = archive;
  if (mismatched.length === 0) return { tensors: found, notes };
  const note =
    `the archive's checksum of ${firstFew(mismatched)} is another: the file is damaged, or it was saved ` +
    "without checksums";
  return { tensors: found, notes: [...notes, note] };
}

/** The end of the magic number of the form before 1.6, at a file's beginning; undefined for other files. */
export function endOfMagic(bytes: Uint8Array): number | undefined {
  if (bytes[0] !== 0x80 && bytes[0] !== 0x4c) return undefined; // Protocol 0 and 1 write L and digits.
  try {
    const { value, end } = readPickle(bytes.subarray(0, 64), { globals: new Map() });
    return value === MAGIC_NUMBER ? end : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the form before 1.6, from behind its magic number. */
export function readTorchStream(bytes: Uint8Array, start: number, budget: Budget): TorchFile {
  const plain = { globals: new Map() };
  const protocol = readPickle(bytes, plain, start);
  if (protocol.value !== PROTOCOL_VERSION) {
    throw damaged(`its protocol is ${shown(protocol.value)}, not 1001`);
  }
  const system = readPickle(bytes, plain, protocol.end);
  const dtypes = new Map<string, TorchStorage>();
  const object = readPickle(bytes, {
    globals: TORCH_GLOBALS,
    persistent(id) {
      const storage = storageFromId(id);
      dtypes.set(storage.key, storage);
      return storage;
    },
  }, system.end);
  const keys = readPickle(bytes, plain, object.end);
  if (!(keys.value instanceof PickleList)) throw damaged("it has no list of its storages");
  const reader = new ByteReader(bytes, "the file", keys.end);
  const storages = new Map<string, Uint8Array>();
  for (const key of keys.value.items) {
    const storage = typeof key === "string" ? dtypes.get(key) : undefined;
    if (storage === undefined) throw damaged(`it has a storage ${shown(key)} that no tensor names`);
    storages.set(storage.key, reader.bytes(reader.size() * elementBytes(storage.dtype)));
  }
  const { tensors, notes } = namedTensors(object.value);
  return { tensors: readAll(tensors, storages, budget), notes };
}

/** A value that stands where another was due. */
function shown(value: PickleValue): string {
  return typeof value === "string" ? quoted(value) : typeof value === "number" ? `${value}` : "another value";
}

function readAll(
  tensors: ReadonlyMap<string, TorchTensor>,
  storages: ReadonlyMap<string, Uint8Array>,
  budget: Budget,
): Map<string, SafetensorsTensor> {
  const read = new Map<string, SafetensorsTensor>();
  for (const [name, tensor] of tensors) {
    const bytes = storages.get(tensor.storage.key);
    if (bytes === undefined) throw damaged(`the storage of the tensor ${quoted(name)} is missing`);
    read.set(name, readTensor(name, tensor, bytes, budget));
  }
  return read;
}

/** Elements of a machine that begins numbers with their most significant byte, the other way round. */
function swapped(bytes: Uint8Array, dtype: TorchDtype, budget: Budget): Uint8Array {
  const size = dtype.dtype === "C64" ? 4 : elementBytes(dtype);
  spend(budget, bytes.length, "A storage");
  if (bytes.length % size !== 0) throw damaged("a storage does not have a whole number of elements");
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) result[at] = bytes[at - at % size + size - 1 - at % size] ?? 0;
  return result;
}

/** The error for a pickle that `torch.save` did not write. */
export function otherPickle(): WeightsFileError {
  return new WeightsFileError(
    "unsupported",
    "It is a Python pickle, and not one that torch.save wrote. Save the network's state_dict() with torch.save, and " +
      "give that file.",
  );
}
