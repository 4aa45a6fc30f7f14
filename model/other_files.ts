/** Recognizes files that are given in place of a safetensors file, by their first bytes. */

/** What a file is, and what its owner can do. */
export interface OtherFile {
  /** With its article: "a PyTorch file". */
  readonly what: string;
  /** One or two sentences. FILE stands for the file's path. */
  readonly remedy: string;
}

const python = (load: string, tensors: string, library: "numpy" | "torch") =>
  `Convert it: python3 -c "${load}; from safetensors.${library} import save_file; save_file(${tensors}, 'FILE.safetensors')"`;

const TORCH_SCRIPT = /* @__PURE__ */ python(
  "import torch; s = torch.jit.load('FILE', 'cpu').state_dict()",
  "{k: v.clone() for k, v in s.items()}",
  "torch",
);
/** readWeights() reads these; other readers get them by mistake. */
const WEIGHTS = "It holds weights, and is read where a file of weights is asked for.";
const PICKLE = "Save the network's state_dict() with torch.save, and give that file.";
const H5 = /* @__PURE__ */ python(
  "import h5py; d = {}; f = h5py.File('FILE'); f.get('model_weights', f).visititems(lambda n, x: d.update({n: x[()]}) " +
    "if hasattr(x, 'shape') else None)",
  "d",
  "numpy",
);
const KERAS = /* @__PURE__ */ python(
  "import keras",
  "{v.path: v.numpy() for v in keras.models.load_model('FILE').variables}",
  "numpy",
);
const NUMPY = /* @__PURE__ */ python("import numpy", "dict(numpy.load('FILE'))", "numpy");
const FOLDED =
  "It often holds weights with the batch norms folded in, which cannot be trained further: get the weights that it was " +
  "made from, in the format of PyTorch or Keras.";
const ANEW = "Download the file itself; a web page about it is not the file.";
const UNPACK = "Unpack it, and give the file in it.";

/** Bytes at an offset, as text of one character a byte, and what begins so. */
const BEGINNINGS: readonly (readonly [offset: number, bytes: string, what: string, remedy: string])[] = [
  [0, "\x89HDF\r\n\x1a\n", "an HDF5 file, such as Keras writes as .h5", H5],
  [
    0,
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
    "a PyTorch file in its form before 1.6",
    WEIGHTS,
  ],
  [0, "\x80\x02", "a Python pickle", PICKLE],
  [0, "\x80\x03", "a Python pickle", PICKLE],
  [0, "\x80\x04", "a Python pickle", PICKLE],
  [0, "\x80\x05", "a Python pickle", PICKLE],
  [4, "TFL3", "a TensorFlow Lite file", FOLDED],
  [
    0,
    "\x93NUMPY",
    "a NumPy array (.npy)",
    "Weights are many arrays with names: give a safetensors file of them.",
  ],
  [0, "\x1f\x8b", "a gzip archive", UNPACK],
  [0, "\xfd7zXZ", "an xz archive", UNPACK],
  [0, "BZh", "a bzip2 archive", UNPACK],
  [0, "\x28\xb5\x2f\xfd", "a zstd archive", UNPACK],
  [0, "7z\xbc\xaf", "a 7z archive", UNPACK],
  [0, "Rar!", "a RAR archive", UNPACK],
  [257, "ustar", "a tar archive", UNPACK],
  [0, "GGUF", "a GGUF file, which holds language models", "Give weights of a MobileNetV2."],
  [0, "\xff\xd8\xff", "a JPEG picture", ANEW],
  [0, "\x89PNG", "a PNG picture", ANEW],
  [0, "%PDF", "a PDF document", ANEW],
  [
    0,
    "version https://git-lfs",
    "a Git LFS pointer, which stands for a file that was not fetched",
    "Run git lfs pull in its folder.",
  ],
  [
    0,
    "/annex/objects/",
    "a git-annex pointer, which stands for a file that was not fetched",
    "Run git annex get FILE.",
  ],
];

/** Names in a zip archive, and what has them. */
const ZIPPED: readonly (readonly [name: RegExp, what: string, remedy: string])[] = [
  [/\bcode\/__torch__|constants\.pkl/, "a TorchScript file", TORCH_SCRIPT],
  [/data\.pkl/, "a PyTorch file", WEIGHTS],
  [/model\.weights\.h5/, "a Keras file (.keras)", KERAS],
  [/\.npy/, "a file of NumPy arrays (.npz)", NUMPY],
  [/(?:)/, "a zip archive", UNPACK],
];

/** Texts, by their beginning without white space. */
const TEXTS: readonly (readonly [text: RegExp, what: string, remedy: string])[] = [
  [/^<(!doctype html|html|head|body|!--)/i, "a web page (HTML)", ANEW],
  [/^<(\?xml|error)/i, "an XML text, such as servers send in place of a file", ANEW],
  [/^\{[^]*"weightsManifest"/, "a TensorFlow.js model, whose weights are in files beside it", WEIGHTS],
  [/^[[{]\s*(["{[\d\]}]|$)/, "a JSON text", "Give the file with the weights beside it."],
];

/** Bytes of a zip archive whose names are searched, at its beginning and end: its list of names is at the end. */
const SEARCHED = 65_536;

/** What a file is, if it is known and no safetensors file. */
export function otherFile(bytes: Uint8Array): OtherFile | undefined {
  const latin = (from: number, to: number) => String.fromCharCode(...bytes.subarray(Math.max(0, from), to));
  const head = latin(0, 1024);
  if (head.startsWith("PK\x03\x04") || head.startsWith("PK\x05\x06")) {
    const names = latin(0, SEARCHED) + latin(bytes.length - SEARCHED, bytes.length);
    const [, what, remedy] = ZIPPED.find(([name]) => name.test(names)) ?? [];
    return what === undefined || remedy === undefined ? undefined : { what, remedy };
  }
  for (const [offset, start, what, remedy] of BEGINNINGS) {
    if (head.startsWith(start, offset)) return { what, remedy };
  }
  // A protobuf of ONNX has its version first, and one of TensorFlow's SavedModel the version 1.
  const [field, version = 0, next = 0] = bytes;
  if (
    field === 8 && version >= 1 && version <= 20 && [0x12, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42].includes(next)
  ) {
    return version === 1
      ? { what: "a TensorFlow SavedModel", remedy: "Give weights of PyTorch or Keras." }
      : { what: "an ONNX file", remedy: FOLDED };
  }
  if (bytes.length > 0 && bytes.subarray(0, SEARCHED).every((byte) => byte === 0)) {
    return { what: "a file of zeros, as an unfinished download leaves", remedy: "Download it again." };
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 4096)).trim();
  const [, what, remedy] = TEXTS.find(([begins]) => begins.test(text)) ?? [];
  if (what !== undefined && remedy !== undefined) return { what, remedy };
  // deno-lint-ignore no-control-regex
  if (bytes.length < 8 || /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) return undefined;
  const line = text.split("\n", 1)[0]?.slice(0, 60) ?? "";
  return { what: `a text that begins with "${line}"`, remedy: ANEW };
}
