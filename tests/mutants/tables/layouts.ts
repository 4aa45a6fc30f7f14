import type { FileChanges } from "../mutant.ts";

const data = (area: string, ...tests: string[]) => ({
  area,
  tests: tests.map((name) => `tests/${name}_test.ts`),
});

/** What folders and names say. */
export const LAYOUT_CHANGES: readonly FileChanges[] = [
  {
    ...data("layouts", "data/layout_kinds", "data/market1501", "data/duke_mtmc_reid", "data/msmt17"),
    file: "data/layouts/image_name.ts",
    changes: {
      "person-in-the-inner-folder": [
        'if (by === "folder") return folder === "" ?',
        'if (by === "folder") return outer === "" ?',
      ],
      "half-is-most": ["2 * count > this.#images", "2 * count >= this.#images"],
      "any-text-is-a-camera": [
        "if (NO_CAMERA.test(prefix) || prefix.toLowerCase()",
        "if (prefix.toLowerCase()",
      ],
      "people-as-cameras": [
        "|| prefix.toLowerCase() === folder.toLowerCase()) return false;",
        ") return false;",
      ],
      "some-cameras-are-enough": [
        "this.#inCamera === this.#images && this.#inOuterCamera < this.#images",
        "this.#inCamera > 0 && this.#inOuterCamera < this.#images",
      ],
      "numbers-are-cameras": ["return few && (bySharing || !numbers);", "return few;"],
      "a-camera-for-each-image": ["return few && (bySharing || !numbers);", "return bySharing || !numbers;"],
      "cameras-in-any-unicode-form": [
        '/^([^_]+)_/.exec(file)?.[1]?.normalize("NFC")',
        "/^([^_]+)_/.exec(file)?.[1]",
      ],
      "camera-up-to-the-last-underscore": ["return /^([^_]+)_/.exec", "return /^(.+)_/.exec"],
    },
  },
  {
    ...data("layouts", "data/layout_kinds", "data/market1501", "data/duke_mtmc_reid"),
    file: "data/layouts/naming.ts",
    changes: {
      "cameras-with-leading-zeros": ["String(Number(camera))", "camera"],
      "sequence-from-0": ["Number(sequence ?? 1)", "Number(sequence ?? 0)"],
      "any-file-is-an-image": ["if (!isPicture(file)) return undefined;", ""],
    },
  },
  {
    ...data("layouts", "data/market1501"),
    file: "data/layouts/market1501.ts",
    changes: {
      "junk-is-no-name": ["(?<identity>-1|\\d{1,9})", "(?<identity>\\d{1,9})"],
      "sequence-as-camera": [
        "_c(?<camera>\\d{1,4})s(?<sequence>\\d{1,4})_",
        "_c(?<sequence>\\d{1,4})s(?<camera>\\d{1,4})_",
      ],
    },
  },
  {
    ...data("layouts", "data/layout_kinds", "data/market1501", "data/duke_mtmc_reid"),
    file: "data/layouts/published_folders.ts",
    changes: {
      "junk-is-ranked": ["else if (identity === -1) junk++;", ""],
      "distractors-are-trained": [
        "for (const part of [parts.train, parts.query]) {\n",
        "for (const part of [parts.query]) {\n",
      ],
      "distractors-left-out-of-the-gallery": [
        "[parts.train, parts.query]) {\n    const people",
        "all) {\n    const people",
      ],
      "mostly-other-names-accepted": ["if (left <= images.length + junk) return;", "return;"],
      "empty-part-accepted": ["if (images.length > 0) return;", "if (images.length >= 0) return;"],
      "queries-for-the-gallery": ["gallery: parts.gallery.images,", "gallery: parts.query.images,"],
    },
  },
  {
    ...data("layouts", "data/layout_kinds", "data/people_folders"),
    file: "data/layouts/folders.ts",
    changes: {
      "disagreeing-names-accepted": ["if (layout === undefined) requireSamePeople(root, pictures, by);", ""],
      "depths-mixed": [
        "if (first === undefined || other === undefined) return",
        "if (first !== undefined || other === undefined) return",
      ],
      "inner-folder-is-the-person": ["({ folders }) => folders[1]);", "({ folders }) => folders[0]);"],
      "junk-is-a-person": ["const nobody = identity === -1 ||", "const nobody ="],
      "other-persons-images-kept": [
        "Number(person) !== identity) others.push(path);",
        'Number(person) !== identity && path === "") others.push(path);',
      ],
      "flat-pictures-are-people": ["if (depth === 0) throw refuseFlat(root, pictures, undefined);", ""],
    },
  },
  {
    ...data("layouts", "data/layout_kinds"),
    file: "data/layouts/parts.ts",
    changes: {
      "case-matters": ["return name.toLowerCase().replace", "return name.replace"],
      "validation-is-a-part": [
        "if (!named.some((name) => !BESIDE.includes(plain(name)))) return undefined;",
        "if (named.length === 0) return undefined;",
      ],
      "the-first-of-two": [
        "if (found !== undefined && twin !== undefined) {",
        'if (found !== undefined && twin === "") {',
      ],
    },
  },
  {
    ...data("layouts", "data/layout_kinds", "data/people_folders"),
    file: "data/layouts/pictures.ts",
    changes: {
      "twins-read-twice": ["} else if (stems.has(stemOf(file))) {", "} else if (stems.has(file)) {"],
      "empty-folders-not-told": ["named.empty.push(folder.path(...parts, name))", "inside.folders.length"],
    },
  },
  {
    ...data("layouts", "data/layout_kinds", "data/people_folders"),
    file: "data/layouts/picture_file.ts",
    changes: {
      "hidden-files-are-pictures": [
        'return !file.startsWith(".") && READABLE.test(file);',
        "return READABLE.test(file);",
      ],
      "capitals-are-no-pictures": ["/\\.(jpe?g|png)$/i", "/\\.(jpe?g|png)$/"],
    },
  },
  {
    ...data("layouts", "data/people_folders"),
    file: "data/layouts/split_by_name.ts",
    changes: {
      "three-quarters-in-the-test": ["getUint8(0) < 0x80", "getUint8(0) < 0xc0"],
      "unicode-as-on-disk": [
        'encode(person.normalize("NFC"))',
        "encode(person)",
        "the names of people are in NFC before they are divided",
      ],
      "second-of-each-camera": [
        "const isFirst = !cameras.has(camera);",
        "const isFirst = cameras.has(camera);",
      ],
      "people-of-one-camera-asked": [
        "(people.get(person)?.size ?? 0) > 1",
        "(people.get(person)?.size ?? 0) > 0",
      ],
    },
  },
  {
    ...data("layouts", "data/msmt17"),
    file: "data/layouts/msmt17.ts",
    changes: {
      "labels-of-training-and-test-are-one": [
        '`${this.half}/${label.padStart(4, "0")}`',
        '`${label.padStart(4, "0")}`',
      ],
      "an-image-twice": ["if (before !== undefined) {", "if (before === where) {"],
      "missing-images-accepted": [
        "if (missing.length > 0) {\n      throw",
        "if (missing.length < 0) {\n      throw",
      ],
      "validation-images-left-out": [
        "if (folder.top.files.includes(VALIDATION)) train.push",
        "if (folder.top.files.length === 0) train.push",
      ],
      "query-for-gallery": ["await test.read(LISTS.gallery)", "[...query]"],
    },
  },
  {
    ...data("layouts", "data/read_dataset", "data/layout_kinds"),
    file: "data/read_dataset.ts",
    changes: {
      "same-camera-is-a-match": ["other.camera !== camera)", "other.camera !== undefined)"],
      "distractors-match-themselves": [
        "  matches.delete(0); // Distractors match nobody.\n",
        "",
        "no layout has queries of identity 0",
      ],
      "one-of-several-datasets": ["(other !== undefined || pictures)) throw", "pictures) throw"],
    },
  },
  {
    ...data("layouts", "data/people_table"),
    file: "data/layouts/people_table.ts",
    changes: {
      "commas-alone": ['[",", ";", "\\t"].reduce', '[","].reduce'],
      "junk-as-a-person": [
        'if (field("identity") === "-1") junk++;',
        'if (field("identity") === "-2") junk++;',
      ],
      "nobody-in-training": ['split !== "gallery" && split !== "test"', 'split === "all"'],
      "local-time": ['zone = "Z"', 'zone = "+02:00"'],
      "the-same-image-twice": ["seen.set(key, image);", ""],
      "columns-in-their-order": ["columns.set(column, i);", "columns.set(column, columns.size);"],
    },
  },
  {
    ...data("layouts", "data/path_patterns"),
    file: "data/layouts/path_patterns.ts",
    changes: {
      "first-group-before-the-named": ["match?.groups?.[group] ?? match?.[1]", "match?.[1]"],
      "patterns-without-groups": ["if (groups === 0)", "if (groups < 0)"],
    },
  },
  {
    ...data("layouts", "data/path_patterns"),
    file: "data/layouts/by_patterns.ts",
    changes: {
      "distractors-as-a-person": ['isDistractor ? "" : personOf(picture)', "personOf(picture)"],
      "distractors-in-training": ["strayDistractors++;", "return [];"],
      "junk-as-a-person": ["if (isJunk) junk++;\n      else if", "if"],
    },
  },
  {
    ...data("layouts", "data/joined_datasets"),
    file: "data/joined_datasets.ts",
    changes: {
      "equal-numbers-are-one-person": ["const number = names.size + 1;", "const number = item;"],
      "distractors-as-a-person": [".filter((identity) => identity !== 0)", ""],
    },
  },
  {
    ...data("layouts", "cli/places"),
    file: "cli/places.ts",
    changes: {
      "names-of-others-taken": ["(free !== name && kept.has(keyOf(free)))", "false"],
      "names-that-differ-by-case": ['.normalize("NFC").toLowerCase();', '.normalize("NFC");'],
      "links-are-other-places": [
        "await Deno.realPath(place).catch(() => resolve(place))",
        "resolve(place)",
      ],
      "words-are-paths": ["isWord(place) ? `word ${place}` : ", ""],
    },
  },
  {
    ...data("layouts", "data/joined_datasets"),
    file: "train/held_out_people.ts",
    changes: {
      "namesakes-stay-in-training": [
        "shuffle([...new Set(able.map(digestOf))])",
        "shuffle(able.map(digestOf))",
      ],
    },
  },
  {
    ...data("layouts", "eval/same_camera"),
    file: "eval/benchmark.ts",
    changes: {
      "one-camera-leaves-out-all": ["files.get(path) ?? camera : camera;", "camera : camera;"],
      "every-set-by-itself": [
        'this.protocol === "same-camera" ? files.get(path)',
        'this.protocol !== "" ? files.get(path)',
      ],
    },
  },
  {
    ...data("layouts", "data/layout_kinds"),
    file: "data/layouts/contents.ts",
    changes: {
      "copies-as-matches": [
        "twin.identity === image.identity && (alone || twin.camera !== image.camera)",
        "twin.identity === image.identity && (alone || twin.camera !== twin.camera)",
      ],
      "pointers-as-images": ["=== LFS;", "=== LFS + LFS;"],
      "same-size-is-same": [
        "return left.every((byte, i) => byte === right[i]);",
        "return left.length === right.length;",
      ],
    },
  },
];
