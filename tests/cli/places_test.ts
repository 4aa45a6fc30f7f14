import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError } from "../../cli/flags.ts";
import { distinctNames, requireEachOnce } from "../../cli/places.ts";

const isWord = (place: string) => place === "demo" || place.startsWith("synthetic:");

Deno.test("places have short names, and no two the same", () => {
  const cases: [places: string[], names: string[]][] = [
    [["data/people", "Market-1501", "list.csv"], ["people", "Market-1501", "list"]],
    [["/x/people", "/y/people", "/z/people-2"], ["x-people", "y-people", "people-2"]],
    [["/x/a/people", "/x/b/a/people", "/z/a-people-2"], ["a-people", "a-people-3", "a-people-2"]],
    [["/x/people", "/y/People.csv", "/x-people"], ["x-people", "y-People", "x-people-2"]],
    [["demo", "/runs/demo"], ["demo", "runs-demo"]],
    [["synthetic:benchmark", "/a b/c:d/"], ["synthetic-benchmark", "c-d"]],
    [["/", "/..", "/.hidden"], ["data", "data-2", "hidden"]],
  ];
  for (const [places, names] of cases) assert.deepEqual(distinctNames(places, isWord), names);
});

Deno.test("a place that is named twice is refused, by whatever path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["s1", "demo"]) await Deno.mkdir(join(folder, name));
    await Deno.symlink(join(folder, "s1"), join(folder, "link"));
    const s1 = join(folder, "s1");
    const check = (...places: string[]) => requireEachOnce("--data", places, isWord);
    for (const other of [s1, `${s1}/`, `${s1}/../s1`, join(folder, "link")]) {
      await assert.rejects(check(s1, "demo", other), (error) => {
        assert.ok(error instanceof UsageError);
        assert.ok(error.message.startsWith(`--data names ${s1} twice`), error.message);
        assert.ok(other === s1 || error.message.includes(`, as ${s1} and ${other};`), error.message);
        return true;
      });
    }
    await assert.rejects(check("demo", "demo"), /names demo twice; name each once$/);
    await assert.rejects(check(`${s1}/no`, `${s1}/./no`), /twice/);
    await check("demo", "./demo", s1, join(folder, "demo"), "synthetic:default", "synthetic:benchmark");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
