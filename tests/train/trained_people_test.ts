import assert from "node:assert/strict";
import type { PersonImage, ReidDataset } from "../../data/dataset.ts";
import { loadCheckpoint, saveCheckpoint } from "../../train/checkpoint_files.ts";
import { resumeNotes, testPeopleNote, trainedPeople } from "../../train/trained_people.ts";
import { modelSpec } from "../../train/from_options.ts";
import { TINY_OPTIONS } from "./tiny_run.ts";

/** A dataset of people with two images each; with names it is one of named folders. */
function people(
  train: readonly (number | string)[],
  test: readonly (number | string)[] = [],
  { root = "/data/people", name = "Market-1501" } = {},
): ReidDataset {
  const named = [...new Set([...train, ...test])].filter((person) => typeof person === "string").sort();
  const identityOf = (person: number | string) =>
    typeof person === "number" ? person : 1 + named.indexOf(person);
  const images = (persons: readonly (number | string)[], part: string): PersonImage[] =>
    persons.flatMap((person) =>
      [1, 2].map((camera) => ({
        path: `${root}/${part}/${person}_c${camera}.jpg`,
        identity: identityOf(person),
        camera,
        sequence: 0,
        frame: 0,
      }))
    );
  return {
    name,
    root,
    train: images(train, "train"),
    query: images(test, "query"),
    gallery: images([...test, 0], "gallery"),
    timed: false,
    ...(named.length > 0 && { names: { identity: new Map(named.map((person, i) => [i + 1, person])) } }),
    ignored: { junk: 0, otherFiles: 0 },
    warnings: [],
  };
}

const all = (dataset: ReidDataset) => dataset.train.map(() => true);
const trained = (dataset: ReidDataset) => trainedPeople(dataset, all(dataset));

Deno.test("a run goes on with its people wherever they lie, and says or refuses what is not the same", async () => {
  const before = people([2, 7, 11]);
  const damaged = people([2, 7, 11]);
  const cases: [what: string, now: ReidDataset, usable: boolean[], RegExp | undefined, refused: boolean][] = [
    ["the same", people([2, 7, 11]), [], undefined, false],
    ["moved", people([2, 7, 11], [], { root: "/mnt/elsewhere" }), [], undefined, false],
    ["other people in the test", people([2, 7, 11], [40, 41]), [], undefined, false],
    ["a damaged image", damaged, damaged.train.map((_, i) => i !== 3), /same people and other images/, false],
    ["one less", people([2, 7]), [], /on 3 people, and of the 2 .* 2 are among them/, true],
    ["one more", people([2, 7, 9, 11]), [], /on 3 people, and of the 4 .* 3 are among them/, true],
    ["as many others", people([3, 8, 12]), [], /of the 3 .* none is among them/, true],
    ["another dataset with their numbers", people([2, 7, 11], [], { name: "MSMT17" }), [], /none is/, true],
    ["named people", people(["2", "7", "11"]), [], /none is/, true],
  ];
  for (const [what, now, usable, expected, refused] of cases) {
    const [was, is] = [await trained(before), await trainedPeople(now, usable.length ? usable : all(now))];
    const notes = resumeNotes("step-1", was, is, false);
    if (expected) assert.match(notes.join(), expected, what);
    else assert.deepEqual(notes, [], what);
    if (!refused) assert.deepEqual(resumeNotes("step-1", was, is, true), notes, what);
    else {
      assert.throws(() => resumeNotes("step-1", was, is, true), {
        name: "RunError",
        message:
          /^step-1 has weights or centers for each person, and these are other people: .*start a new run\.$/,
        remedies: [{ kind: "change", settings: ["data"] }],
      }, what);
    }
  }
  const same = await trained(before);
  const turned = { ...same, persons: same.persons.toReversed() };
  assert.throws(() => resumeNotes("step-1", same, turned, true), /other people/, "labels in another order");
  const [note] = resumeNotes("step-1", undefined, await trained(before), true);
  assert.match(note!, /an earlier version wrote step-1/);
});

Deno.test("people of the test who were in training are counted and named", async () => {
  const cases: [what: string, train: ReidDataset, test: ReidDataset, RegExp | undefined][] = [
    ["other people", people([2, 7], [9]), people([2, 7], [9, 10]), undefined],
    ["the same people", people([2, 7]), people([40], [2, 7, 9]), /^2 of the 3 .* in training \(2, 7\)/],
    ["distractors", people([2, 7]), people([40], []), undefined],
    ["by name", people(["bob", "eve"]), people(["al"], ["carl", "eve"]), /^1 of the 2 .* \(eve\)/],
    ["the same numbers elsewhere", people([2, 7]), people([1], [2, 7], { name: "MSMT17" }), undefined],
    ["moved", people([2, 7]), people([1], [2], { root: "/x" }), /^1 of the 1 /],
    [
      "many",
      people([1, 2, 3, 4, 5, 6, 7, 8]),
      people([], [1, 2, 3, 4, 5, 6, 7, 9]),
      /^7 of the 8 .*\(1, 2, 3, 4, 5 and 2 more\)/,
    ],
    ["composed and decomposed letters", people(["Ren\u00e9"]), people([], ["Rene\u0301"]), /^1 of the 1/],
  ];
  for (const [what, train, test, expected] of cases) {
    const note = await testPeopleNote(test, await trained(train));
    if (expected) assert.match(note ?? "", expected, what);
    else assert.equal(note, undefined, what);
  }
});

Deno.test("a run that went on with others remembers those before; its checkpoint holds no names", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const first = await trained(people(["ann", "bob"]));
    const then = people(["bob", "cleo"]);
    const now = await trainedPeople(then, all(then), first);
    assert.match(
      (await testPeopleNote(people([], ["ann", "cleo", "dan"]), now))!,
      /^2 of the 3 .*\(ann, cleo\)/,
    );
    const path = await saveCheckpoint(folder, {
      step: 0,
      model: modelSpec(TINY_OPTIONS, 2),
      options: TINY_OPTIONS,
      variants: new Map(),
      people: now,
      tensors: new Map([["history", { dtype: "F32", shape: [0, 0], data: new Float32Array() }]]),
    });
    assert.deepEqual((await loadCheckpoint(path)).checkpoint.people, now);
    const text = new TextDecoder().decode(await Deno.readFile(path));
    assert.ok(!/ann|bob|cleo/.test(text) && now.persons.length + now.earlier.length === 3);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
