import assert from "node:assert/strict";
import { onlyError, runTask, withFolder } from "../cli/run_task.ts";
import { isClean, type TortureRow, tortureTable, withTortureTable } from "./table.ts";
import { runTorture } from "./torture_process.ts";
import { moduleOf, TORTURES } from "./tortures.ts";

const settings = { short: true, seed: 1 };

Deno.test("A torture that hangs is ended and counted, and so is one whose process dies", async () => {
  const [endless, dying] = await Promise.all([
    runTorture("endless", moduleOf("./fixtures/endless.ts"), { ...settings, limitSeconds: 2 }),
    runTorture("dying", moduleOf("./fixtures/dying.ts"), settings),
  ]);
  assert.deepEqual([endless.outcome.hangs, endless.outcome.losses], [1, 0]);
  assert.deepEqual([dying.outcome.hangs, dying.outcome.losses], [0, 1]);
  assert.ok(!isClean(endless.outcome) && !isClean(dying.outcome));
  const table = tortureTable([endless, dying]);
  assert.match(table, /^\| endless +\| it ends +\| +0 \| +0 \| +1 \| +0 \|/m);
  assert.match(table, /^\| dying +\| it \\\| lives +\| +0 \| +1 \| +0 \| +0 \|.* ended with code 7 +\|$/m);
});

Deno.test("A torture counts as held only where something was tried", () => {
  const outcome = { trials: 1, losses: 0, hangs: 0, wrong: 0 };
  assert.ok(isClean(outcome));
  for (const broken of [{ trials: 0 }, { losses: 1 }, { hangs: 1 }, { wrong: 1 }]) {
    assert.ok(!isClean({ ...outcome, ...broken }));
  }
});

Deno.test("Every torture exists, and docs/reliability.md states its promise", async () => {
  assert.ok(Object.keys(TORTURES).length >= 15);
  const docs = await Deno.readTextFile(new URL("../../docs/reliability.md", import.meta.url));
  for (const [name, path] of Object.entries(TORTURES)) {
    const { torture } = await import(moduleOf(path));
    assert.match(torture.promise, /^[A-Z].*[^.]$/, name);
    const row = docs.split("\n").find((line) => line.startsWith(`| ${name} `));
    assert.equal(row?.split("|")[2].trim(), torture.promise, `${name} in docs/reliability.md`);
  }
});

const row = (name: string, figures: string): TortureRow => ({
  name,
  promise: `${name} holds`,
  outcome: { trials: 12_345, losses: 0, hangs: 0, wrong: 0, figures },
  seconds: 6.5,
});
const ORDER = ["one", "two", "three"];

Deno.test("A Markdown file without the table gets it in a section at its end, aligned as by deno fmt", async () => {
  const text = withTortureTable("# Title\n", [row("one", "a | b"), row("three", "± 2")], ORDER);
  assert.equal(
    text,
    `# Title

## What is promised, and tried

<!-- torture:begin -->

| torture | what is promised | trials | losses | hangs | wrong | seconds | figures |
| ------- | ---------------- | -----: | -----: | ----: | ----: | ------: | ------- |
| one     | one holds        | 12,345 |      0 |     0 |     0 |       7 | a \\| b  |
| three   | three holds      | 12,345 |      0 |     0 |     0 |       7 | ± 2     |

<!-- torture:end -->
`,
  );
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Blob([text]).stream().pipeTo(formatter.stdin);
  assert.equal(new TextDecoder().decode((await formatter.output()).stdout), text);
});

Deno.test("A row in a Markdown file is replaced by a new one, and stays as it is without one", () => {
  const first = withTortureTable("", [row("one", "a | b"), row("three", "old")], ORDER);
  const second = withTortureTable(`${first}\nAfter it.\n`, [row("three", "new"), row("two", "")], ORDER);
  const all = withTortureTable("", [row("one", "a | b"), row("two", ""), row("three", "new")], ORDER);
  assert.equal(second, `${all}\nAfter it.\n`);
  assert.equal(withTortureTable(second, [], ORDER), second);
  assert.doesNotMatch(withTortureTable(second, [], ["one", "two"]), /three/);
});

Deno.test("A Markdown file whose table is damaged is refused before any torture runs", () =>
  withFolder(async (folder) => {
    const good = withTortureTable("", [row("one", "")], ORDER);
    const damaged = [
      good.replace("<!-- torture:end -->", ""),
      good.replace("<!-- torture:begin -->", ""),
      good + good,
      good.replace("one holds", "one | holds"),
    ];
    for (const text of damaged) {
      assert.throws(() => withTortureTable(text, [row("one", "")], ORDER), SyntaxError);
    }
    const file = `${folder}/page.md`;
    await Deno.writeTextFile(file, damaged[0]);
    const ended = await runTask("torture", ["--short", "--markdown", file]);
    assert.match(
      onlyError(ended, 2),
      /^error: Cannot update .*page\.md: Expected <!-- torture:begin --> once/,
    );
    assert.equal(ended.stdout, "");
    assert.equal(await Deno.readTextFile(file), damaged[0]);
  }));

Deno.test("deno task torture updates a Markdown file, and explains it with --help", () =>
  withFolder(async (folder) => {
    const file = `${folder}/page.md`;
    await Deno.writeTextFile(
      file,
      withTortureTable("", [{ ...row("images", "kept") }], Object.keys(TORTURES)),
    );
    const [ended, help] = await Promise.all([
      runTask("torture", ["--short", "--only", "web-server", "--markdown", file]),
      runTask("torture", ["--help"]),
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(help.stdout, /--markdown FILE/);
    const text = await Deno.readTextFile(file);
    assert.match(text, /^\| images +\| images holds +\|.*\| kept +\|$/m);
    const printed = ended.stdout.split("\n").find((line) => line.startsWith("| web-server"))!;
    const cells = (line: string) => line.split("|").map((cell) => cell.trim());
    const written = text.split("\n").find((line) => line.startsWith("| web-server"))!;
    assert.deepEqual(cells(written), cells(printed));
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["page.md"]);
  }));
