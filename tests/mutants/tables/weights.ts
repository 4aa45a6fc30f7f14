import type { FileChanges } from "../mutant.ts";

const weights = (...tests: string[]) => ({
  area: "weights",
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** Files of weights: pickles, archives, tensors, layers models, downloads. */
export const WEIGHTS_CHANGES: readonly FileChanges[] = [
  {
    ...weights("model/weights_files/pickle"),
    file: "model/weights_files/pickle_machine.ts",
    changes: {
      "calls-cost-nothing": ["this.count(args.reduce<number>((sum, arg) => sum + lengthOf(arg), 0));", ""],
      "any-dict-takes-a-state": [
        "if (object instanceof PickleDict && object.hasAttributes) return;",
        "if (object instanceof PickleDict) return;",
      ],
      "marks-keep-what-is-below": ["    this.#stack = below;\n", ""],
    },
  },
  {
    ...weights("model/weights_files/pickle"),
    file: "model/weights_files/pickle_opcodes.ts",
    changes: {
      "tuples-turned-round": ["() => m.pop()).reverse()", "() => m.pop())"],
      "named-arguments-ignored": [
        "if (!(named instanceof PickleDict) || named.entries.size > 0) {",
        "if (!(named instanceof PickleDict)) {",
      ],
      "extension-codes-are-none": [
        "throw refused(`has the extension code ${read(m.input)}`);",
        "m.push(read(m.input));",
      ],
      "memoize-from-one": ["0x94: (m) => m.put(m.memo.size),", "0x94: (m) => m.put(m.memo.size + 1),"],
    },
  },
  {
    ...weights("model/weights_files/torch_file"),
    file: "model/weights_files/torch_tensor.ts",
    changes: {
      "views-begin-at-the-storages-start": [
        "const begin = storage.first * elementBytes(storage.dtype) + tensor.offset * size;",
        "const begin = tensor.offset * size;",
      ],
      "ends-not-compared": ["|| !(begin + last * size <= whole)", ""],
      "strides-ignored": ["if (length !== 1 && strides[axis] !== expected) return false;", ""],
      "views-cost-nothing": ["  spend(budget, count * size, `The tensor ${brief(name)}`);\n", ""],
    },
  },
  {
    ...weights("model/weights_files/torch_file"),
    file: "model/weights_files/zip.ts",
    changes: {
      "checksums-not-compared": ["if (crc32(content) !== entry.crc) this.mismatched.push(name);", ""],
      "extra-field-not-skipped": [
        "const skipped = reader.u16() + reader.u16();",
        "const skipped = reader.u16();",
      ],
    },
  },
  {
    ...weights("model/weights_files/torch_file"),
    file: "model/weights_files/state_dict.ts",
    changes: {
      "optimizers-are-networks": [
        "return content instanceof PickleDict && flatten(content).size > 0;",
        "return content instanceof PickleDict;",
      ],
    },
  },
  {
    ...weights("model/weights_files/layers_model"),
    file: "model/weights_files/layers_model.ts",
    changes: {
      "minimum-forgotten": ["(step) => step * scale + min", "(step) => step * scale"],
      "paths-lead-anywhere": ["if (outside !== undefined) {", "if (outside === null) {"],
      "rest-of-shards-ignored": ["if (at !== bytes.length) {", "if (at > bytes.length) {"],
    },
  },
  {
    ...weights("cli/download"),
    file: "cli/weights/download.ts",
    changes: {
      "weak-tags-count": ['tag !== null && !tag.startsWith("W/")', "tag !== null"],
      "goes-on-without-asking": ['"if-range": validator', '"x-if-range": validator'],
      "any-size-is-taken": ["if (done > mostBytes) throw tooLarge(url, done, mostBytes);", ""],
      "lock-ignored": ["if (file.tryLockSync(true)) return file;", "return file;"],
    },
  },
];
