import assert from "node:assert/strict";
import { numberToHalf } from "../../../engine/half.ts";
import { readPretrained } from "../../../model/pretrained/pretrained.ts";
import { type SafetensorsTensor, toFloat32 } from "../../../model/safetensors.ts";
import { readWeights } from "../../../model/weights_files/read_weights.ts";
import {
  WeightsFileError,
  type WeightsFileErrorKind,
} from "../../../model/weights_files/weights_file_error.ts";
import { publish } from "../pretrained/published_network.ts";
import { Call, Global, latin, Persistent, type Picklable, pickle, Tuple } from "./pickler.ts";
import {
  stateDict,
  type Storage,
  STORAGE_CLASS,
  type StorageDtype,
  tensor,
  torchStream,
  torchZip,
  zipArchive,
} from "./torch_writer.ts";

/** Both forms of one object, in every protocol that PyTorch writes. */
async function* forms(value: Picklable, storages: readonly Storage[]) {
  for (const protocol of [1, 2, 3, 4, 5]) {
    yield ["torch-zip", await torchZip(value, storages, { protocol })] as const;
    yield ["torch-stream", torchStream(value, storages, protocol)] as const;
  }
}

const bytesOf = ({ data }: SafetensorsTensor) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function refuses(bytes: Uint8Array, kind: WeightsFileErrorKind, message: RegExp): Promise<void> {
  await assert.rejects(readWeights(bytes), (error) => {
    assert.ok(error instanceof WeightsFileError, `${error}`);
    assert.match(error.message, message);
    assert.equal(error.kind, kind);
    return true;
  });
}

const f32 = (key: string, ...values: number[]): Storage => ({
  key,
  dtype: "F32",
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const floats = (tensor: SafetensorsTensor | undefined) =>
  tensor === undefined ? undefined : [...toFloat32(tensor)];

Deno.test("every element type comes out of both forms with the bytes that went in", async () => {
  const bytes = Uint8Array.from({ length: 48 }, (_, i) => i * 37);
  const dtypes = Object.keys(STORAGE_CLASS) as StorageDtype[];
  const storages = dtypes.map((dtype, i): Storage => ({ key: `${i}`, dtype, bytes }));
  const sizes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1, C64: 8 };
  const value = stateDict(
    storages.map((storage) => [storage.dtype, tensor(storage, [2, 24 / sizes[storage.dtype]])]),
  );
  for await (const [format, file] of forms(value, storages)) {
    const read = await readWeights(file);
    assert.equal(read.format, format);
    assert.deepEqual([...read.tensors.keys()], dtypes);
    for (const [name, tensor] of read.tensors) {
      assert.equal(tensor.dtype, name);
      assert.deepEqual(bytesOf(tensor), bytes, name);
    }
  }
  // Half and bfloat16 as numbers.
  const halves: Storage = {
    key: "0",
    dtype: "F16",
    bytes: Uint8Array.of(0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb),
  };
  const brains: Storage = { key: "1", dtype: "BF16", bytes: Uint8Array.of(0xc0, 0x3f, 0x80, 0xff) };
  const { tensors } = await readWeights(
    await torchZip(stateDict([["h", tensor(halves, [3])], ["b", tensor(brains, [2])]]), [halves, brains]),
  );
  assert.deepEqual([floats(tensors.get("h")), floats(tensors.get("b"))], [[1, 2 ** -24, -65504], [
    1.5,
    -Infinity,
  ]]);
});

Deno.test("views of a storage are read by their offset and strides, and several may share one", async () => {
  const storage = f32("7", ...Array.from({ length: 24 }, (_, i) => i));
  const views: [string, Picklable, number[]][] = [
    ["whole", tensor(storage, [24]), Array.from({ length: 24 }, (_, i) => i)],
    ["end", tensor(storage, [2], { offset: 22 }), [22, 23]],
    ["transposed", tensor(storage, [3, 2], { strides: [1, 12] }), [0, 12, 1, 13, 2, 14]],
    ["stepped", tensor(storage, [2, 2], { strides: [8, 3], offset: 1 }), [1, 4, 9, 12]],
    ["repeated", tensor(storage, [2, 3], { strides: [0, 1], offset: 5 }), [5, 6, 7, 5, 6, 7]],
    ["ones", tensor(storage, [1, 3, 1], { strides: [99, 1, 99] }), [0, 1, 2]],
    ["scalar", tensor(storage, [], { offset: 3 }), [3]],
    ["empty", tensor(storage, [0, 5], { offset: 24 }), []],
    [
      "parameter",
      new Call(
        new Global("torch._utils", "_rebuild_parameter"),
        new Tuple([tensor(storage, [1]), true, null]),
      ),
      [0],
    ],
    [
      "older",
      new Call(
        new Global("torch._utils", "_rebuild_tensor"),
        new Tuple(tensor(storage, [2]).args.items.slice(0, 4)),
      ),
      [0, 1],
    ],
  ];
  for await (const [, file] of forms(stateDict(views.map(([name, view]) => [name, view])), [storage])) {
    const { tensors } = await readWeights(file);
    for (const [name, , expected] of views) assert.deepEqual(floats(tensors.get(name)), expected, name);
    assert.deepEqual(tensors.get("transposed")?.shape, [3, 2]);
  }
  // Before 1.6 a storage could be a view of another: (key, first, elements).
  const view = torchStream(
    stateDict([["v", tensor(storage, [2], { offset: 1, view: new Tuple(["v0", 10, 4]) })]]),
    [storage],
  );
  assert.deepEqual(floats((await readWeights(view)).tensors.get("v")), [11, 12]);
  for (
    const [shape, given] of [[[25], {}], [[2, 13], { strides: [12, 1] }], [[1], { offset: 24 }], [[
      2 ** 40,
      2 ** 40,
    ], {}]] as const
  ) {
    const file = await torchZip(stateDict([["w", tensor(storage, shape, given)]]), [storage]);
    await refuses(file, "damaged", /ends behind its storage|other arguments/);
  }
});

Deno.test("the zip form may be deflated, zip64, big-endian, and have any folder; its checksums are compared", async () => {
  const storage = f32("0", 1, 2, 3);
  const value = stateDict([["w", tensor(storage, [3])]]);
  for (
    const form of [{ deflated: true }, { zip64: true }, { folder: "best model.v2" }, {
      more: new Map([["x/y", latin("z")]]),
    }]
  ) {
    const { tensors, notes } = await readWeights(await torchZip(value, [storage], form));
    assert.deepEqual([floats(tensors.get("w")), notes], [[1, 2, 3], []], JSON.stringify(form));
  }
  const big = { ...storage, bytes: Uint8Array.of(0x3f, 0x80, 0, 0, 0x40, 0, 0, 0, 0x40, 0x40, 0, 0) };
  const swapped = await readWeights(await torchZip(value, [big], { byteorder: "big" }));
  assert.deepEqual(floats(swapped.tensors.get("w")), [1, 2, 3]);

  const file = await torchZip(value, [storage]);
  const at = file.findIndex((_, i) => storage.bytes.every((byte, j) => file[i + j] === byte));
  file[at] ^= 1;
  assert.match(
    (await readWeights(file)).notes.join(),
    /checksum of archive\/data\/0 is another: the file is damaged/,
  );
  const deflated = await torchZip(value, [storage], { deflated: true });
  await refuses(deflated.subarray(0, -30), "damaged", /no list of its entries/);
  await refuses(
    await zipArchive(new Map([["a/data.pkl", pickle(value)]])),
    "damaged",
    /no entry "a\/data\/0"/,
  );
  const bomb = { ...storage, bytes: new Uint8Array(80 << 20) };
  await refuses(
    await torchZip(value, [bomb], { deflated: true }),
    "too-large",
    /entry "archive\/data\/0" would take 83886080 bytes/,
  );
  const spread = stateDict([["w", tensor(storage, [1 << 12, 1 << 13], { strides: [0, 0] })]]);
  await refuses(await torchZip(spread, [storage]), "too-large", /tensor w would take 134217728 bytes/);
});

Deno.test("storages without a type get it from their tensors, as PyTorch writes its newer types", async () => {
  const bytes = Uint8Array.of(1, 0, 255, 255, 2, 0, 3, 0);
  const id = new Persistent(
    new Tuple(["storage", new Global("torch.storage", "UntypedStorage"), "0", "cpu", 8]),
  );
  const hooks = new Call(new Global("collections", "OrderedDict"), new Tuple([]));
  const newer = (dtype: string, offset: number, shape: number[]) =>
    new Call(
      new Global("torch._utils", "_rebuild_tensor_v3"),
      new Tuple([id, offset, new Tuple(shape), new Tuple([1]), false, hooks, new Global("torch", dtype)]),
    );
  const value = stateDict([["a", newer("uint16", 1, [3])], ["b", newer("float8_e5m2", 4, [2])]]);
  const storage: Storage = { key: "0", dtype: "U8", bytes };
  for await (const [, file] of forms(value, [storage])) {
    const { tensors } = await readWeights(file);
    const [a, b] = [tensors.get("a"), tensors.get("b")];
    assert.deepEqual([a?.dtype, ...a?.data ?? []], ["U16", 65535, 2, 3]);
    assert.deepEqual([b?.dtype, ...b?.data ?? []], ["F8_E5M2", 2, 0]);
  }
  await refuses(
    await torchZip(stateDict([["c", newer("complex128", 0, [1])]]), [storage]),
    "unsupported",
    /tensor of complex128/,
  );
});

Deno.test("wrappers around a state_dict are passed over, and a note lists the other entries", async () => {
  const storage = f32("0", 1, 2, 3);
  const weights = stateDict([["conv.weight", tensor(storage, [3])]]);
  const optimizer = new Map([[
    "state",
    new Map([[0, new Map([["step", 5], ["exp_avg", tensor(storage, [1])]] as [string, Picklable][])]]),
  ]]);
  const cases: [Picklable, string[], RegExp][] = [
    [weights, ["conv.weight"], /^$/],
    [
      new Map<string, Picklable>([["state_dict", weights], ["epoch", 3]]),
      ["conv.weight"],
      /under state_dict$/,
    ],
    [
      new Map<string, Picklable>([["optimizer", optimizer], ["model", weights]]),
      ["conv.weight"],
      /under model; left out: optimizer \(1 tensor\)/,
    ],
    [new Map([["checkpoint", new Map([["a", tensor(storage, [1])]])]]), ["checkpoint.a"], /^$/],
    [
      new Map([["model", new Map([["state_dict", weights]])]]),
      ["conv.weight"],
      /under model,.*under state_dict/,
    ],
    [[tensor(storage, [1]), new Tuple([tensor(storage, [2])])], ["0", "1.0"], /^$/],
    [tensor(storage, [1]), ["tensor"], /^$/],
    [
      new Map<Picklable, Picklable>([["state", new Map([["epoch", 1]])], ["w", tensor(storage, [1])]]),
      ["w"],
      /^$/,
    ],
  ];
  for (const [value, names, note] of cases) {
    for await (const [, file] of forms(value, [storage])) {
      const { tensors, notes } = await readWeights(file);
      assert.deepEqual([...tensors.keys()], names);
      assert.match(notes.join(), note);
    }
  }
  await refuses(await torchZip(new Map([["epoch", 3]]), []), "unsupported", /holds no tensors, but epoch/);
  const cyclic = latin("ccollections\nOrderedDict\n)Rq\x00X\x0a\x00\x00\x00state_dicth\x00s.");
  await refuses(await zipArchive(new Map([["a/data.pkl", cyclic]])), "unsupported", /holds no tensors/);
});

Deno.test("a pickle in either form that calls something is refused by its name", async () => {
  const evil = new Call(new Global("os", "system"), new Tuple(["touch /tmp/a-torch-file-ran"]));
  const storage = f32("0", 1);
  const values = [
    evil,
    new Map<string, Picklable>([["w", tensor(storage, [1])], ["x", evil]]),
    stateDict([[
      "w",
      new Call(
        new Global("torch._utils", "_rebuild_tensor_v2"),
        new Tuple([evil, 0, new Tuple([]), new Tuple([]), false, null]),
      ),
    ]]),
  ];
  for (const value of values) {
    for await (const [, file] of forms(value, [storage])) {
      await refuses(
        file,
        "refused",
        /names os\.system.*you trust its makers.*torch\.save\(c\['state_dict'\]/,
      );
    }
  }
  for (const protocol of [0, 1, 2, 3, 4, 5]) {
    await refuses(pickle(evil, protocol), "refused", /names os\.system/);
  }
  await refuses(
    pickle(new Map([["a", "some text"]])),
    "unsupported",
    /a Python pickle, and not one that torch\.save wrote/,
  );
  assert.throws(() => Deno.lstatSync("/tmp/a-torch-file-ran"), Deno.errors.NotFound);
});

Deno.test("a MobileNetV2 in a .pth of half or bfloat16, behind a prefix and beside a head, is that of safetensors", async () => {
  for (
    const [publisher, dtype] of [["torchvision", "F32"], ["timm", "F16"], ["torchvision", "BF16"]] as const
  ) {
    const published = publish(publisher, 0.35, 3).tensors;
    const tensors = new Map([...published].map(([name, tensor]) => [name, narrowed(tensor, dtype)]));
    const expected = readPretrained({ tensors, metadata: {} });
    const storages = [...tensors.values()].map((tensor, i): Storage => {
      const { dtype } = tensor;
      assert.ok(isStorageDtype(dtype));
      return { key: `${i}`, dtype, bytes: bytesOf(tensor) };
    });
    const entries = [...tensors].map(([name, { shape }], i) =>
      [`module.${name}`, tensor(storages[i], shape)] as const
    );
    const checkpoint = new Map<string, Picklable>([["state_dict", stateDict(entries)], ["epoch", 7]]);
    for (const file of [await torchZip(checkpoint, storages), torchStream(checkpoint, storages)]) {
      const backbone = readPretrained(await readWeights(file));
      assert.deepEqual([backbone.family, backbone.width, backbone.prefixes], [publisher, 0.35, ["module."]]);
      assert.equal(backbone.ignored.length, 54); // Classifier and counts of batches.
      assert.deepEqual(backbone.values, expected.values);
    }
  }
});

function isStorageDtype(dtype: string): dtype is StorageDtype {
  return Object.hasOwn(STORAGE_CLASS, dtype);
}

/** An f32 tensor with fewer bits; others as they are. */
function narrowed(tensor: SafetensorsTensor, dtype: "F32" | "F16" | "BF16"): SafetensorsTensor {
  const { data, shape } = tensor;
  if (!(data instanceof Float32Array) || dtype === "F32") return tensor;
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const bits = dtype === "F16"
    ? Uint16Array.from(data, numberToHalf)
    : Uint16Array.from(words, (word) => word >>> 16);
  return { dtype, shape, data: bits };
}
