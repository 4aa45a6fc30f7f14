import type { FileChanges } from "../mutant.ts";

const training = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Files that are written whole, checkpoints, safetensors. */
export const CHECKPOINT_CHANGES: readonly FileChanges[] = [
  {
    ...training("checkpoints", "train/write_whole", "train/sync"),
    file: "train/write_whole.ts",
    changes: {
      "not-flushed": ["await file.sync();\n    await Deno.rename", "await Deno.rename"],
      "renamed-before-it-is-flushed": [
        "await file.sync();\n    await Deno.rename(temporary, path);",
        "await Deno.rename(temporary, path);\n    await file.sync();",
      ],
      "in-place": [
        "const temporary = path + UNFINISHED;\n  try {\n    using",
        "const temporary = path;\n  try {\n    using",
      ],
      "name-not-flushed": ["  }\n  await syncFolder(path);\n}\n\n/** Gives", "  }\n}\n\n/** Gives"],
      "half-a-file-stays": [
        "  } catch (error) {\n    await Deno.remove(temporary).catch(() => {});\n    throw error;",
        "  } catch (error) {\n    throw error;",
      ],
      "link-left-behind": ["await Deno.remove(temporary).catch(() => {}); // ...", "// ..."],
    },
  },
  {
    ...training("checkpoints", "train/sync", "train/checkpoint_files"),
    file: "train/checkpoint_files.ts",
    changes: {
      "run-not-flushed": ["await syncFolder(folder); // It", "// It"],
      "newest-by-text": [
        "names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))",
        "names.sort((a, b) => a.length - b.length || (a < b ? 1 : -1))",
      ],
      "long-steps-first": ["a.length - b.length || (a", "b.length - a.length || (a"],
      "oldest-are-kept": [".slice(0, -keep)", ".slice(keep)"],
      "one-more-kept": [".slice(0, -keep)", ".slice(0, -keep - 1)"],
      "checksum-may-be-missing": [
        "if (await isIntact(bytes) !== true)",
        "if (await isIntact(bytes) === false)",
      ],
      "other-files-accepted": [
        "if (file.metadata.format !== CHECKPOINT_FORMAT) {",
        "if (file.metadata.format === undefined) {",
      ],
      "history-of-other-steps": [
        "history.shape.length !== 2 || history.shape[0] !== step",
        "history.shape.length !== 2",
      ],
    },
  },
  {
    ...training("checkpoints", "train/checksum"),
    file: "train/checksum.ts",
    changes: {
      "zeros-stay": ["write(bytes, place, written);", ""],
      "sum-of-the-sum": ["write(bytes, place, NONE);", ""],
    },
  },
  {
    ...training("checkpoints", "train/transfer"),
    filter: "a run stopped while the backbone is frozen",
    file: "train/checkpoint.ts",
    changes: {
      "moments-not-restored": ["...(parameter.trainable ? moments : [])", ""],
      "weights-as-moments": [
        'return buffer === "weights" ? parameter :',
        'return buffer !== "" ? parameter :',
      ],
    },
  },
  {
    ...training("checkpoints", "train/trainer"),
    filter: "/averaged weights|checkpoint\\(\\) refuses|of another network/",
    file: "train/checkpoint.ts",
    changes: {
      "last-weights-for-averages": [
        'averaged && buffer === "weights" ? AVERAGE_PREFIX : ""',
        'averaged ? "" : ""',
      ],
      "shape-not-compared": ["|| tensor.shape.join() !== parameter.shape.join()", ""],
      "written-before-all-are-checked": ["writes.push(\n", "((write: () => void) => write())(\n"],
      "one-finite-number-is-enough": [
        ".every((value) => Number.isFinite(value))",
        ".some((value) => Number.isFinite(value))",
      ],
    },
  },
  {
    ...training("checkpoints", "model/trained_model"),
    file: "model/trained_model.ts",
    changes: {
      "any-version-accepted": [
        "if (format !== CHECKPOINT_FORMAT && format !== MODEL_FORMAT) {",
        "if (format === undefined) {",
      ],
      "last-weights-for-averages": [
        "averaged ? tensors.get(AVERAGE_PREFIX + name) ?? tensor : tensor",
        "tensor",
      ],
      "identity-of-the-step": [
        "encodeTrainedModel({ spec, step: 0, tensors })",
        "encodeTrainedModel({ spec, step: tensors.size, tensors: new Map() })",
      ],
      "moments-in-the-file": ["if (!NETWORK_TENSORS.test(name)) continue;", ""],
      "another-version-of-a-known-kind": [
        "found === known || !found.startsWith(kind)",
        "found === known || found.startsWith(kind)",
      ],
    },
  },
  {
    ...training("checkpoints", "model/safetensors"),
    file: "model/safetensors.ts",
    changes: {
      "length-big-endian": [
        "setBigUint64(0, BigInt(headerBytes), true)",
        "setBigUint64(0, BigInt(headerBytes), false)",
      ],
      "header-not-padded": ["Math.ceil(header.length / 8) * 8", "header.length"],
      "holes-accepted": ["if (begin !== expected) {", "if (begin < expected) {"],
      "trailing-bytes-accepted": ["if (expected !== dataBytes) {", "if (expected > dataBytes) {"],
      "small-elements-first": [
        "SAFETENSORS_BITS[b.dtype] - SAFETENSORS_BITS[a.dtype]",
        "SAFETENSORS_BITS[a.dtype] - SAFETENSORS_BITS[b.dtype]",
      ],
      "header-up-to-the-end-refused": [
        "if (dataStart > bytes.byteLength) {",
        "if (dataStart >= bytes.byteLength) {",
      ],
      "one-offset-too-many": ["|| more.length > 0", ""],
      "shape-not-compared-with-bytes": [
        "if (end - begin !== byteLength(name, dtype, shape)) {",
        "if (end < begin) {",
      ],
    },
  },
  {
    ...training("checkpoints", "model/safetensors"),
    file: "model/safetensors_dtype.ts",
    changes: {
      "bf16-in-the-low-half": ["(bits) => bits << 16", "(bits) => bits"],
      "bits-of-f64-as-f32": ["F64: Float64Array", "F64: Float32Array"],
    },
  },
  {
    ...training("checkpoints", "model/safetensors"),
    file: "engine/half.ts",
    changes: {
      "f16-bias": ["2 ** (exponent - 15)", "2 ** (exponent - 14)"],
      "f16-subnormals": ["fraction * 2 ** -24", "fraction * 2 ** -25"],
    },
  },
  {
    ...training("checkpoints", "model/safetensors"),
    file: "model/safetensors_json.ts",
    changes: { "equal-keys-accepted": ["if (keys?.has(key)) return key;", ""] },
  },
  {
    ...training("checkpoints", "train/run_folder"),
    file: "train/run_folder.ts",
    changes: {
      "two-processes": ["if (file.tryLockSync(true)) return file;", "return file;"],
      "somebodys-folder-removed": [
        "if (names.some((name) => ![CONFIG, LOCK, CHECKPOINTS, PRETRAINED].includes(name))) return;",
        "",
      ],
      "unfinished-files-stay": [
        "for (const folder of [path, join(path, CHECKPOINTS)]) removeUnfinished(folder);",
        "",
      ],
      "any-version-accepted": ["if (fault !== undefined) {", 'if (fault === "") {'],
      "folder-in-use-accepted": ["if (name === LOCK) continue;", "if (name !== CHECKPOINTS) continue;"],
    },
  },
];
