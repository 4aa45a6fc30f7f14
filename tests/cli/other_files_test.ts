/** Files that are given in place of weights or of a checkpoint are called what they are. */
import assert from "node:assert/strict";
import { otherFile } from "../../model/other_files.ts";
import { encodeSafetensors } from "../../model/safetensors.ts";
import { MODEL_FORMAT } from "../../model/trained_model.ts";
import { loadCheckpoint } from "../../train/checkpoint_files.ts";
import { RunError } from "../../train/errors.ts";
import { loadPretrained } from "../../train/pretrained_file.ts";
import { asSafetensors, readWeightsFile } from "../../train/weights_file.ts";
import { readTrainedModel } from "../../train/trained_model_file.ts";
import {
  stateDict,
  type Storage,
  tensor,
  torchStream,
  zipArchive,
} from "../model/weights_files/torch_writer.ts";
import { withFolder } from "./run_task.ts";

/** Characters as bytes. */
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
/** An archive that is larger than what is searched at its beginning. */
const zip = async (...names: string[]) =>
  await zipArchive(new Map(["large", ...names].map((name) => [name, new Uint8Array(70_000)])));

/** Files of weights that are read: only what asks for a checkpoint calls them by their names. */
const WEIGHTS: readonly (readonly [bytes: Uint8Array<ArrayBuffer>, what: RegExp])[] = [
  [await zip("archive/data.pkl", "archive/data/0"), /a PyTorch file/],
  [
    latin("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M"),
    /a PyTorch file .* before 1\.6/,
  ],
  [latin(`{"format": "layers-model", "weightsManifest": []}`), /TensorFlow\.js/],
];

const KINDS: readonly (readonly [bytes: Uint8Array<ArrayBuffer>, what: RegExp, remedy: RegExp])[] = [
  [await zip("net/code/__torch__.py", "net/data.pkl"), /a TorchScript file/, /torch\.jit\.load\('FILE'/],
  [latin("\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N."), /a Python pickle/, /with torch\.save/],
  [
    latin("\x89HDF\r\n\x1a\n\x00\x00"),
    /an HDF5 file/,
    /h5py\.File\('FILE'\).*save_file\(d, 'FILE\.safetensors'\)/,
  ],
  [
    await zip("metadata.json", "config.json", "model.weights.h5"),
    /a Keras file/,
    /keras\.models\.load_model/,
  ],
  [await zip("Conv1/kernel.npy"), /NumPy arrays \(\.npz\)/, /numpy\.load\('FILE'\)/],
  [await zip("readme.md"), /a zip archive/, /Unpack/],
  [latin("\x08\x07\x12\x07pytorch\x1a\x05"), /an ONNX file/, /folded/],
  [latin("\x1c\x00\x00\x00TFL3\x14\x00"), /TensorFlow Lite/, /folded/],
  [latin("\x08\x01\x12\xd0\x80\x04"), /SavedModel/, /PyTorch or Keras/],
  [
    latin("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 14000000\n"),
    /a Git LFS pointer/,
    /git lfs pull/,
  ],
  [latin("/annex/objects/SHA256E-s14--ab.pth\n"), /git-annex/, /git annex get FILE/],
  [latin("\n  <!DOCTYPE html>\n<html>"), /a web page/, /Download the file itself/],
  [latin("\xef\xbb\xbf<HTML lang=en>"), /a web page/, /Download/],
  [latin(`<?xml version="1.0"?><Error><Code>AccessDenied`), /an XML text/, /Download/],
  [latin(`{\n "width": 1.0\n}`), /a JSON text/, /weights beside it/],
  [latin("[]"), /a JSON text/, /weights/],
  [latin("404: Not Found\n"), /a text that begins with "404: Not Found"/, /Download/],
  [latin("\x1f\x8b\x08\x00\x00\x00\x00\x00"), /a gzip archive/, /Unpack/],
  [latin(`${"mobilenet_v2.pth".padEnd(257, "\x00")}ustar\x0000`), /a tar archive/, /Unpack/],
  [latin("\xfd7zXZ\x00\x00\x04"), /an xz archive/, /Unpack/],
  [latin("\xff\xd8\xff\xe0\x00\x10JFIF"), /a JPEG picture/, /Download/],
  [new Uint8Array(5000), /a file of zeros/, /Download it again/],
];

Deno.test("A file of another format is called what it is, as weights and as a checkpoint", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/file`;
    const refusal = async (read: (path: string) => Promise<unknown>) => {
      const error: unknown = await read(path).then(() => undefined, (error) => error);
      assert.ok(
        error instanceof RunError && error.message.includes(path) && !error.message.includes("\n"),
        `${error}`,
      );
      return error.message;
    };
    for (const [bytes, what, remedy] of KINDS) {
      const found = otherFile(bytes);
      assert.match(found?.what ?? "", what);
      assert.match(found?.remedy ?? "", remedy);
      await Deno.writeFile(path, bytes);
      const weights = await refusal(loadPretrained);
      assert.match(weights, what);
      assert.match(weights, new RegExp(remedy.source.replaceAll("FILE", path)));
      assert.match(
        await refusal(loadCheckpoint),
        new RegExp(`is .*${what.source}.*, not a checkpoint of this program`),
      );
      assert.match(await refusal(readTrainedModel), new RegExp(`it is .*${what.source}`));
    }
    for (const [bytes, what] of WEIGHTS) {
      assert.match(otherFile(bytes)?.what ?? "", what);
      await Deno.writeFile(path, bytes);
      assert.match(
        await refusal(loadCheckpoint),
        new RegExp(`is .*${what.source}.*, not a checkpoint of this program`),
      );
    }
    for (
      const [bytes, message] of [
        [new Uint8Array(0), /is empty/],
        [encodeSafetensors(new Map(), { a: "b" }).subarray(0, 20), /no whole safetensors file.*truncated/],
        [latin("hello\0"), /is neither a file of PyTorch nor of safetensors/],
        [latin("\x01\x02\x03 and more"), /is neither a file of PyTorch nor of safetensors/],
      ] as const
    ) {
      await Deno.writeFile(path, bytes);
      assert.match(await refusal(loadPretrained), message);
      assert.match(await refusal(loadCheckpoint), /truncated|not a safetensors file/);
    }
  });
});

Deno.test("A tensor whose name safetensors cannot hold is named in the error", async () => {
  await withFolder(async (folder) => {
    const storage: Storage = { key: "0", dtype: "F32", bytes: new Uint8Array(4) };
    const path = `${folder}/net.pth`;
    await Deno.writeFile(path, torchStream(stateDict([["__metadata__", tensor(storage, [1])]]), [storage]));
    const onDisk = await readWeightsFile(path);
    assert.throws(
      () => asSafetensors(onDisk),
      (error) =>
        error instanceof RunError && /net\.pth cannot be written .*"__metadata__"/.test(error.message),
    );
  });
});

Deno.test("A folder or file of this program in the wrong place is named in the error", async () => {
  await withFolder(async (folder) => {
    const write = (name: string, format: Record<string, string>) =>
      Deno.writeFile(`${folder}/${name}`, encodeSafetensors(new Map(), format));
    await write("weights.safetensors", {});
    await write("model.safetensors", { format: MODEL_FORMAT });
    await Deno.mkdir(`${folder}/run/checkpoints`, { recursive: true });
    await Deno.mkdir(`${folder}/empty`);
    const table: [(path: string) => Promise<unknown>, string, RegExp, string[]][] = [
      [loadPretrained, "model.safetensors", /model file of this program.*Export/, ["export-weights"]],
      [loadPretrained, "run", /folder of a training run.*Resume the run itself, or export/, [
        "resume",
        "export-weights",
      ]],
      [
        loadPretrained,
        ".",
        /is a folder\. Give a file in it: model\.safetensors, weights\.safetensors\./,
        [],
      ],
      [loadPretrained, "empty", /is a folder\. Give the path of a file with weights/, []],
      [loadCheckpoint, "weights.safetensors", /no checkpoint of this program.*what a run begins with/, [
        "change",
      ]],
      [loadCheckpoint, "model.safetensors", /is a model file, no checkpoint.*run that it was exported from/, [
        "run-folder",
      ]],
      [loadCheckpoint, "empty", /There is no checkpoint in \S+empty\. /, ["run-folder"]],
      [loadCheckpoint, "none", /There is no checkpoint in \S+none, as there is nothing there\. /, [
        "run-folder",
      ]],
      [readTrainedModel, "weights.safetensors", /not a checkpoint or model.*training run begins with/, [
        "export-model",
      ]],
    ];
    for (const [read, name, message, remedies] of table) {
      await assert.rejects(read(`${folder}/${name}`), (error) => {
        assert.ok(error instanceof RunError, `${error}`);
        assert.match(error.message, message);
        assert.deepEqual(error.remedies.map(({ kind }) => kind), remedies);
        return true;
      });
    }
  });
});
