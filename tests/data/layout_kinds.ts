/** Folders as people have them: empty files, as readers look at names alone. */
import type { LayoutName } from "../../data/layouts/image_name.ts";

/** Files by folder. */
export type Files = Record<string, string[] | Record<string, string>>;

const TRAIN = ["0002_c1s1_000451_03.jpg", "0002_c3s2_000500_00.jpg", "0007_c2s1_000020_01.jpg"];
const QUERY = ["0001_c1s1_001051_00.jpg"];
const GALLERY = ["-1_c2s3_000001_02.jpg", "0000_c1s1_000151_01.jpg", "0001_c3s1_000551_00.jpg"];
/** What is read of them. */
const MARKET = "Market-1501 train 2/1 2/3 7/2 query 1/1 gallery 0/1 1/3";

/** The three parts under other names. */
const parts = (train: string, query: string, gallery: string, more: Files = {}): Files => ({
  [train]: TRAIN,
  [query]: QUERY,
  [gallery]: GALLERY,
  ...more,
});
/** File names in a folder for each person, as the names say them. */
const byPerson = (part: string, files: readonly string[]): Files =>
  Object.fromEntries(
    [...Map.groupBy(files, (file) => file.slice(0, file.indexOf("_")))].map(([person, names]) => [
      `${part}/${person}`,
      names,
    ]),
  );
const renamed = (files: Files, change: (file: string) => string): Files =>
  Object.fromEntries(
    Object.entries(files).map((
      [folder, names],
    ) => [folder, Array.isArray(names) ? names.map(change) : names]),
  );
const inside = (folder: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
const market = parts("bounding_box_train", "query", "bounding_box_test");
const png = (file: string) => file.replace(".jpg", ".png");
const people = (folders: (person: string) => Files): Files =>
  Object.assign({}, ...["alice", "bob", "carol", "eve"].map(folders));
/** Of {@link people}: bob and eve are learned from. */
const CUSTOM = "Custom people train bob/A bob/B eve/A eve/B query alice/A alice/B carol/A carol/B " +
  "gallery alice/A alice/B carol/A carol/B";
const custom = (a: string, b: string) => CUSTOM.replaceAll("/A", `/${a}`).replaceAll("/B", `/${b}`);

/** A folder, what is read of it (or a pattern of the refusal), and the layouts that the refusal names. */
export type Kind = [name: string, files: Files, expected: string | RegExp, layouts?: LayoutName[]];

/** The folders. */
export const KINDS: readonly Kind[] = [
  // Market-1501 under other names.
  ["its own names", market, MARKET],
  ["Train, Query, Gallery", parts("Train", "Query", "Gallery"), MARKET],
  ["train, query, gallery", parts("train", "query", "gallery"), MARKET],
  ["train, query, test", parts("train", "query", "test"), MARKET],
  ["TRAINING, PROBE, GALLERY", parts("TRAINING", "PROBE", "GALLERY"), MARKET],
  ["image_train, image_query, image_test", parts("image_train", "image_query", "image_test"), MARKET],
  ["PNG", renamed(market, png), MARKET],
  ["Training Set, query-images, Gallery", parts("Training Set", "query-images", "Gallery"), MARKET],
  ["endings in upper case", renamed(market, (file) => file.replace(".jpg", ".JPG")), MARKET],
  [
    "gt_bbox and gt_query beside",
    { ...market, gt_bbox: QUERY, gt_query: ["0001_c1s1_001051_00_good.mat"] },
    MARKET,
  ],
  ["a person in a folder each", {
    ...byPerson("train", TRAIN),
    ...byPerson("query", QUERY),
    ...byPerson("gallery", GALLERY),
  }, MARKET],
  ["prepare.py's output", {
    ...byPerson("train", TRAIN.slice(1)),
    ...byPerson("val", TRAIN.slice(0, 1)),
    ...byPerson("train_all", TRAIN),
    ...byPerson("query", QUERY),
    ...byPerson("gallery", GALLERY),
    ...byPerson("multi-query", [...QUERY, "0001_c1s1_001052_00.jpg"]),
  }, MARKET],
  ["prepare.py's output beside the dataset", { ...market, ...byPerson("pytorch/train_all", TRAIN) }, MARKET],
  ["one folder around", inside("Market-1501-v15.09.15", market), MARKET],
  ["two folders around, with macOS's", {
    ...inside("unpacked/Market-1501-v15.09.15", market),
    ...inside("__MACOSX/Market-1501-v15.09.15", renamed(market, (file) => `._${file}`)),
  }, MARKET],
  ["hidden files", {
    ...market,
    bounding_box_train: [...TRAIN, "._0002_c1s1_000451_03.jpg", ".DS_Store", "Thumbs.db"],
  }, MARKET],
  [
    "every image twice, as JPEG and as PNG",
    renamed({ ...market, bounding_box_train: [...TRAIN, ...TRAIN.map(png)] }, String),
    MARKET,
  ],
  ["generated images beside the real ones", {
    ...market,
    bounding_box_train: [
      ...TRAIN,
      ...TRAIN.map((file) => file.replace(".jpg", "_fake_1to2.jpg")),
      ...TRAIN.map((file) => `gen_${file}`),
      "1502_c2c3_000809_01.png",
    ],
  }, MARKET],
  [
    "bitmaps",
    renamed(market, (file) => file.replace(".jpg", ".bmp")),
    /no JPEG or PNG images.*7 pictures are in a format that is not read.*convert them/,
  ],
  ["other names in most of the gallery", {
    ...market,
    bounding_box_test: [...GALLERY, ...[1, 2, 3, 4].map((i) => `150${i}_c2c3_000809_01.png`)],
  }, /Most pictures in .*bounding_box_test could not be used: 4 of 7 .*1501_c2c3/],
  [
    "other names only",
    renamed(market, (file) => file.replace(/_c\ds\d/, "_c2c3")),
    /in no folders of people.*names are of no known dataset/,
  ],
  ["no part", { ".": [...TRAIN, ...QUERY] }, /names are those of Market-1501, but nothing divides them/, [
    "people",
  ]],
  ["no queries", { train: TRAIN, val: TRAIN.slice(1), test: GALLERY }, /a folder of queries .* is missing/, [
    "people",
  ]],
  ["no training", { query: QUERY, gallery: GALLERY }, /a folder for training .* is missing/],
  [
    "two galleries",
    { ...parts("train", "query", "gallery"), test: GALLERY },
    /gallery\/ and test\/, which both could be/,
  ],
  [
    "twins of a part",
    { ...parts("train", "query", "gallery"), Train: TRAIN },
    /Train\/ and train\/, which both|train\/ and Train\//,
  ],
  [
    "parts under other names",
    parts("learn", "ask", "look"),
    /disagree on who is who.*is person 1 by its name, as in Market-1501, and "ask"/,
    ["market1501", "people"],
  ],
  [
    "folders numbered anew",
    {
      ...inside("train", { "0": TRAIN.slice(0, 2), "1": TRAIN.slice(2) }),
      ...inside("query", { "0": QUERY }),
      ...inside("gallery", { "0": GALLERY.slice(2) }),
    },
    /disagree on who is who in 5 of 5/,
    ["market1501", "people"],
  ],
  [
    "one part flat, one by person",
    { ...market, ...byPerson("query", QUERY), query: [] },
    /directly in the folder, and in .*query in folders in it/,
  ],
  [
    "two datasets",
    { ...inside("a", market), ...inside("b", market), ...inside("c", { query: [] }) },
    /Give the folder of one: .*a \(Market-1501\) or .*b \(Market-1501\)\.$/,
  ],
  [
    "beside pictures",
    { ...inside("a", market), photos: ["me.jpg"] },
    /is no dataset itself.*a \(Market-1501\)\.$/,
  ],
  ["paths of Windows as names", {
    ".": ["bounding_box_train\\0002_c1s1_000451_03.jpg", "query\\0001_c1s1_001051_00.jpg"],
  }, /2 files .* have a path of Windows as their name.*7-Zip/],
  [
    "pointers of dvc",
    { ".": ["bounding_box_train.dvc", "query.dvc"] },
    /bounding_box_train\.dvc, query\.dvc stand for data .*dvc pull/,
  ],
  ["pointers of Git LFS", {
    ...market,
    query: { [QUERY[0]!]: "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n" },
  }, /pointer of Git LFS.*git lfs pull/],
  ["queries in the gallery, too, by another camera's name", {
    "train/alice": ["door_1.jpg"],
    "train/bob": ["yard_1.jpg"],
    "query/eve": { "door_1.jpg": "same" },
    "gallery/eve": { "yard_1.jpg": "other" },
  }, "Custom people train alice/door bob/yard query eve/door gallery eve/yard"],

  // People without parts whose names are those of a dataset.
  [
    "people's folders with names of Market-1501",
    Object.assign(
      {},
      ...[2, 3, 4, 5, 6, 7].map((i) =>
        byPerson(".", [1, 2].map((camera) => `000${i}_c${camera}s1_000451_0${i}.jpg`))
      ),
    ),
    /^Custom people, named as in Market-1501 train 2\/1 2\/2 5\/1 .*query 3\/1 3\/2 4\/1/,
  ],

  // Other datasets.
  ["DukeMTMC-reID", {
    train: ["0001_c2_f0046182.jpg", "0005_c5_f0000001.jpg"],
    query: ["0002_c1_f0044158.jpg"],
    gallery: ["0002_c7_f0044278.jpg"],
  }, "DukeMTMC-reID train 1/2 5/5 query 2/1 gallery 2/7"],
  [
    "CUHK03 in its newer split",
    inside("detected", {
      bounding_box_train: ["0001_c1_1.png", "0002_c2_6.png"],
      query: ["0003_c1_1.png"],
      bounding_box_test: ["0003_c2_6.png"],
    }),
    "People with numbered cameras train 1/1 2/2 query 3/1 gallery 3/2",
  ],
  ["people counted from 0", {
    bounding_box_train: ["0000_c1_0001.jpg", "0001_c2_0002.jpg"],
    query: ["0002_c1_0001.jpg"],
    bounding_box_test: ["0002_c2_0002.jpg"],
  }, "People with numbered cameras train 0/1 1/2 query 2/1 gallery 2/2"],
  ["junk among them", {
    bounding_box_train: ["0001_c1_0001.jpg", "0002_c2_0002.jpg", "-1_c1_0003.jpg"],
    query: ["0003_c1_0001.jpg"],
    bounding_box_test: ["0003_c2_0002.jpg", "-1_c1_0004.jpg"],
  }, "People with numbered cameras train 1/1 2/2 query 3/1 gallery 3/2"],
  ["VeRi-776", {
    image_train: ["0001_c001_00016450_0.jpg", "0003_c002_00016450_0.jpg"],
    image_query: ["0002_c002_00030600_0.jpg"],
    image_test: ["0002_c003_00084280_0.jpg"],
  }, "People with numbered cameras train 1/1 3/2 query 2/2 gallery 2/3"],
  [
    "CUHK03 as torchreid unpacks it",
    { images_detected: ["1_001_1_01.png", "1_001_2_06.png"] },
    /named as those of CUHK03 .*its \.mat file/,
  ],
  ["MSMT17 without its lists", {
    "train/0000": ["0000_000_01_0303morning_0015_0.jpg"],
    "test/0000": ["0000_000_02_0303noon_0015_0.jpg"],
  }, /named as those of MSMT17 .*divided by the lists list_train\.txt/],
  [
    "CUHK02",
    inside("Dataset", {
      "P1/cam1": ["005_0.png", "006_0.png"],
      "P1/cam2": ["005_0.png", "006_0.png"],
      "P2/cam1": ["005_0.png"],
      "P2/cam2": ["005_0.png"],
    }),
    /folder P1 in ROOT\/Dataset seems to hold several people/,
    ["person/camera"],
  ],
  [
    "SYSU-MM01",
    inside("SYSU-MM01", {
      ...people((person) => ({ [`cam1/${person}`]: ["0001.jpg"], [`cam2/${person}`]: ["0001.jpg"] })),
      exp: ["test_id.txt"],
    }),
    custom("cam1", "cam2"),
  ],
  ["VC-Clothes", {
    train: ["0001-01-01-01.jpg"],
    query: ["0002-01-01-01.jpg"],
    gallery: ["0002-02-01-01.jpg"],
  }, /in no folders of people, such as 0001-01-01-01\.jpg, and their names are of no known dataset/],
  [
    "LTCC",
    { train: ["094_1_c9_015833.png"], query: ["016_1_c11_009.png"], test: ["016_1_c12_009.png"] },
    /in no folders of people, such as 094_1_c9/,
  ],
  ["pictures beside their labels", {
    ...inside("images", people((person) => ({ [person]: ["door_1.jpg", "yard_1.jpg"] }))),
    labels: ["a.txt"],
  }, custom("door", "yard")],
  [
    "MARS",
    {
      "bbox_train/0001": ["0001C1T0001F001.jpg", "0001C1T0001F002.jpg"],
      "bbox_train/0003": ["0003C2T0001F001.jpg"],
      "bbox_test/0000": ["0000C1T0001F001.jpg"],
      "bbox_test/00-1": ["00-1C1T0001F001.jpg"],
      "bbox_test/0002": [
        "0002C1T0001F001.jpg",
        "0002C1T0001F002.jpg",
        "0002C1T0002F001.jpg",
        "0002C6T0001F001.jpg",
      ],
    },
    "MARS, with queries chosen here train 1/1 1/1 3/2 query 2/1 2/6 gallery 0/1 2/1 2/1 2/1 2/6",
  ],
  [
    "PRID and iLIDS-VID",
    Object.assign(
      {},
      ...["0001", "0002", "0004", "0005"].map((i) => ({
        [`cam_a/person_${i}`]: ["0001.png"],
        [`cam_b/person_${i}`]: ["0001.png"],
      })),
    ),
    /^Custom people train person_0001\/cam_a .*query person_0004\/cam_a /,
  ],
  [
    "VIPeR",
    { cam_a: ["000_45.png", "001_0.png"], cam_b: ["000_90.png", "001_90.png"] },
    /called after cameras, not after people: cam_a, cam_b/,
    ["people"],
  ],
  [
    "GRID",
    { probe: ["0001_1_25004_107_32_106_221.jpeg"], gallery: ["0001_2_25023_116_134_128_330.jpeg"] },
    /in no folders of people/,
  ],

  // Custom people.
  [
    "person, CAMERA_",
    people((person) => ({ [person]: ["door_1.jpg", "yard_1.jpg"] })),
    custom("door", "yard"),
  ],
  [
    "somebody called Val",
    { ...people((person) => ({ [person]: ["door_1.jpg", "yard_1.jpg"] })), val: ["door_1.jpg"] },
    /^Custom people .*bob\/door bob\/yard eve\/door eve\/yard .*query alice\/door/,
  ],
  [
    "person, camera",
    people((person) => ({ [`${person}/cam1`]: ["1.jpg"], [`${person}/cam2`]: ["1.jpg"] })),
    custom("cam1", "cam2"),
  ],
  [
    "camera, person",
    people((person) => ({ [`Camera A/${person}`]: ["1.jpg"], [`Camera B/${person}`]: ["1.jpg"] })),
    custom("Camera A", "Camera B"),
  ],
  [
    "five spellings of a camera",
    people((person) => ({
      [person]: ["c1", "cam1", "cam01", "camera-1", "Cam1"].map((camera) => `${camera}_1.jpg`),
    })),
    /train bob\/Cam1 bob\/c1 bob\/cam01 bob\/cam1 bob\/camera-1 eve/,
  ],
  ["numbered cameras", people((person) => ({ [person]: ["1_0001.jpg", "2_0001.jpg"] })), custom("1", "2")],
  [
    "named as the other Unicode form",
    people((person) => ({ [person]: ["caf\u00e9_1.jpg", "cafe\u0301_2.jpg", "yard 2_1.jpg"] })),
    /train bob\/caf\u00e9 bob\/caf\u00e9 bob\/yard 2/,
  ],
  [
    "person or camera?",
    people((person) => ({ [`${person}/door`]: ["1.jpg"], [`${person}/yard`]: ["1.jpg"] })),
    /which folder is the person and which the camera/,
    ["person/camera", "camera/person"],
  ],
  [
    "phones' names",
    people((person) => ({ [person]: ["IMG_0001.jpg", "DSC_0002.jpg"] })),
    custom("unknown", "unknown"),
  ],
  [
    "the person again",
    people((person) => ({ [person]: [`${person}_1.jpg`, `${person}_2.jpg`] })),
    custom("unknown", "unknown"),
  ],
  [
    "a name of Market-1501 among names that say no camera",
    {
      ...people((person) => ({ [person]: ["1.jpg", "2.jpg"] })),
      "0002": ["0002_c1s1_000451_03.jpg", "1.jpg"],
    },
    /do not say their cameras for certain/,
    ["people", "one-camera"],
  ],
  [
    "names without an underscore",
    people((person) => ({ [person]: ["1.jpg", "2.jpg"] })),
    custom("unknown", "unknown"),
  ],
  ["one camera", people((person) => ({ [person]: ["door_1.jpg", "door_2.jpg"] })), custom("door", "door")],
  [
    "dates",
    people((person) => ({
      [person]: [1, 2, 3, 4, 5, 6].map((day) => `202${person.length}${person.charCodeAt(0)}${day}_1.jpg`),
    })),
    /do not say their cameras for certain: .*"2/,
    ["people", "one-camera"],
  ],
  [
    "half of the names without a camera",
    people((person) => ({ [person]: ["door_1.jpg", "2.jpg"] })),
    /for certain: (\d+) of them have no "_" after a camera's name, such as ROOT\/.*2\.jpg, and in the others the text .* "door", .*, where images without one are left out; /,
    ["people", "one-camera"],
  ],
  [
    "person and camera in the name",
    people((person) => ({ [person]: [`p1_cam1_1.jpg`, `p1_cam2_2.jpg`] })),
    /do not say their cameras/,
    ["people", "one-camera"],
  ],
  [
    "another's names among them",
    people((person) => ({ [person]: ["door_1.jpg", "yard_1.jpg", ...TRAIN.slice(0, 1)] })),
    custom("door", "yard"),
  ],
];
