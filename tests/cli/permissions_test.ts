/** docs/permissions.md says of every task what it may do, and why; deno.json gives it just that. */
import assert from "node:assert/strict";

const KINDS = ["all", "env", "ffi", "import", "net", "read", "run", "scripts", "sys", "write"];

interface Task {
  command: string;
}

const text = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));

/** What a command's line permits, one thing each: `--allow-env=A,B` is `--allow-env=A` and `--allow-env=B`. */
function permissions(command: string): string[] {
  return command.split(/\s+/).flatMap((word) => {
    assert.doesNotMatch(
      word,
      /^-[ARWNESI]+(=|$)/,
      `${word} in "${command}": write permissions out, as --allow-read`,
    );
    const [flag, list] = word.split("=", 2);
    if (!KINDS.some((kind) => flag === `--allow-${kind}`)) return [];
    return list === undefined ? [flag] : list.split(",").map((item) => `${flag}=${item}`);
  });
}

/** Lines "task: permission" of the table in docs/permissions.md; each must have its reason. */
function documented(markdown: string): string[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|")).slice(2);
  return rows.flatMap((row) => {
    const [permission, tasks, why] = row.split("|").slice(1, -1).map((cell) => cell.trim());
    assert.match(permission, /^`--allow-[^`]+`$/, row);
    assert.ok(why.length > 10, `no reason is given in: ${row}`);
    return [...tasks.matchAll(/`([^`]+)`/g)].map(([, task]) => `${task}: ${permission.slice(1, -1)}`);
  });
}

Deno.test("every task's permissions are in docs/permissions.md, and the other way round", () => {
  const { tasks }: { tasks: Record<string, Task> } = JSON.parse(text("deno.json"));
  const given = Object.entries(tasks).flatMap(([task, { command }]) =>
    permissions(command).map((permission) => `${task}: ${permission}`)
  );
  assert.ok(given.length > 60, `${given.length} permissions`);
  const explained = documented(text("docs/permissions.md"));
  assert.equal(new Set(explained).size, explained.length, "a permission is explained twice");
  const [missing, idle] = [
    given.filter((x) => !explained.includes(x)),
    explained.filter((x) => !given.includes(x)),
  ];
  assert.deepEqual(missing, [], "deno.json gives what docs/permissions.md does not explain");
  assert.deepEqual(idle, [], "docs/permissions.md explains what deno.json does not give");
});

Deno.test("no task but the tests has every permission", () => {
  const { tasks }: { tasks: Record<string, Task> } = JSON.parse(text("deno.json"));
  const all = Object.keys(tasks).filter((task) => permissions(tasks[task].command).includes("--allow-all"));
  assert.deepEqual(all, ["test", "test:quick"]);
});

Deno.test("permissions are read from any command line", () => {
  const line = "A=1 deno run --allow-env=A,B --allow-ffi --allow-dirty x.ts --allow-read=a && deno doc";
  assert.deepEqual(permissions(line), ["--allow-env=A", "--allow-env=B", "--allow-ffi", "--allow-read=a"]);
  assert.throws(() => permissions("deno run -A x.ts"), /write permissions out/);
  assert.throws(() => permissions("deno run -R=data x.ts"), /write permissions out/);
});
