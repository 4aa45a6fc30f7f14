import assert from "node:assert/strict";
import {
  agreedNaming,
  type LayoutName,
  namingOf,
  namingText,
  readImageName,
} from "../../data/layouts/image_name.ts";

/** The cameras that a set of images is read to have. */
function cameras(paths: readonly string[], layout?: LayoutName): (string | undefined)[] {
  const by = namingOf(layout, agreedNaming(paths));
  return paths.map((path) => readImageName(path, by).camera);
}

const none = undefined;
const SETS: [what: string, paths: string[], expected: (string | undefined)[]][] = [
  ["Market-1501", ["q/0002_c1s1_000451_03.jpg", "0002_c6s2_000451_03.PNG"], ["1", "6"]],
  ["DukeMTMC-reID", ["0001_c2_f0046182.jpg"], ["2"]],
  ["MSMT17: not the person", [
    "test/0000/0000_000_01_0303morning_0015_0.jpg",
    "0001_000_15_0113afternoon_0033_1.jpg",
  ], ["1", "15"]],
  ["MARS", ["0001/0001C3T0001F001.jpg", "00-1/00-1C2T0001F001.jpg"], ["3", "2"]],
  ["datasets side by side", ["a/0002_c1s1_000451_03.jpg", "b/0001_c2_f0046182.jpg"], ["1", "2"]],
  ["CUHK03's newer split", ["0001_c1_1.png", "0001_c2_6.png"], ["1", "2"]],
  ["CUHK03: views of five campuses", ["1_001_1_01.png", "2_001_2_01.png"], [none, none]],
  ["five cameras", ["c1", "cam1", "cam01", "camera-1", "Cam1"].map((camera) => `${camera}_0001.jpg`), [
    "c1",
    "cam1",
    "cam01",
    "camera-1",
    "Cam1",
  ]],
  ["one camera", ["door_1.jpg", "door_2.jpg"], ["door", "door"]],
  ["another Unicode form", ["cafe\u0301_1.jpg", "人_1.jpg"], ["caf\u00e9", "人"]],
  ["numbers shared by people", ["a/1_1.jpg", "a/2_1.jpg", "b/1_1.jpg", "b/2_1.jpg"], ["1", "2", "1", "2"]],
  ["numbers of nobody knows what", ["0001_1.jpg", "0001_2.jpg", "0002_1.jpg"], [none, none, none]],
  ["dates", ["20260131_door.jpg", "2026-01-31_18-30-05_2.jpg"], [none, none]],
  ["phones", ["IMG_0001.jpg", "DSC_0002.JPG", "PXL_20260131.jpg", "VID_1.png"], [none, none, none, none]],
  ["a phone's among others", ["door_1.jpg", "yard_1.jpg", "yard_2.jpg", "IMG_2.jpg", "me.jpg"], [
    "door",
    "yard",
    "yard",
    none,
    none,
  ]],
  ["the person again", ["alice/alice_1.jpg", "bob/Bob_1.jpg"], [none, none]],
  ["one for each image", Array.from({ length: 40 }, (_, i) => `x${i}_1.jpg`), Array(40).fill(none)],
  ["person and camera", ["p1_cam1_1.jpg", "alice_c2_1.jpg"], [none, none]],
  ["folders of cameras", ["crops/cam1/1.jpg", "crops/cam2/door_1.jpg"], ["cam1", "cam2"]],
  ["folders of cameras in folders of people", ["alice/c1/1.jpg", "bob/c2/1.jpg"], ["c1", "c2"]],
  ["folders of people in those of cameras", ["cam_a/alice/1.jpg", "cam_b\\alice\\1.jpg"], ["cam_a", "cam_b"]],
  ["folders of a public dataset's cameras", ["cam9/0002_c1s1_000451_03.jpg"], ["1"]],
  [
    "generated from another camera",
    ["0002_c1s1_000451_03.jpg", "0002_c1s1_000451_03_fake_1to2.jpg"].concat(
      ["0003_c1s1_000451_03.jpg"],
    ),
    ["1", none, "1"],
  ],
  ["two cameras in a name", ["1502_c2c3_000809_01.png"], [none]],
  ["no names", ["1.jpg", "a_b/0001.jpg", "_1.jpg", ""], [none, none, none, none]],
];

Deno.test("cameras of a set of images are read as most names have them, and none where that is not certain", () => {
  for (const [what, paths, expected] of SETS) assert.deepEqual(cameras(paths), expected, what);
});

Deno.test("a layout that is asked for says where the camera is", () => {
  const paths = ["x/alice/IMG_1.jpg", "x/bob/0002_c1s1_000451_03.jpg", "y/eve/7_1.jpg", "door/eve/1.jpg"];
  const layouts: [LayoutName, (string | undefined)[]][] = [
    ["people", ["IMG", "1", "7", none]],
    ["person/camera", ["alice", "1", "eve", "eve"]],
    ["camera/person", ["x", "1", "y", "door"]],
    ["market1501", [none, "1", none, none]],
    ["msmt17", [none, "1", none, none]],
  ];
  for (const [layout, expected] of layouts) assert.deepEqual(cameras(paths, layout), expected, layout);
  assert.equal(namingText(namingOf("people", agreedNaming(["0002_c1s1_000451_03.jpg"]))), "Market-1501");
});

Deno.test("a name of a public dataset says who, where and when", () => {
  const names: [string, Record<string, unknown>][] = [
    ["0002_c1s1_000451_03.jpg", { identity: 2, camera: "1", sequence: 1, frame: 451, track: "1" }],
    ["-1_c2s3_000001_02.jpg", { identity: -1, camera: "2", sequence: 3, frame: 1, track: "3" }],
    ["0001_c2_f0046182.jpg", { identity: 1, camera: "2", sequence: 1, frame: 46182 }],
    ["0000_000_01_0303morning_0015_0.jpg", { identity: 0, camera: "1" }],
    ["00-1C1T0001F001.jpg", { identity: -1, camera: "1", track: "1" }],
  ];
  for (const [name, expected] of names) assert.deepEqual(readImageName(name, none), expected, name);
});
