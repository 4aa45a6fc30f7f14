/** Copies of the working tree, and tests that run in one. */

const ROOT = new URL("../..", import.meta.url).pathname;

/** How tests ended. */
export interface Ended {
  readonly outcome: "passed" | "failed" | "late" | "broken";
  readonly seconds: number;
  /** The first error, in one line. */
  readonly reason: string;
}

/** What wgpu, V8 and Deno say of a text that is no program: such a change tests nothing. */
const NO_PROGRAM =
  /SyntaxError|could not be parsed|Shader '[^']*' parsing error|Unexpected token|wgsl.*error: expected/;

/** Copies all files of the working tree that git does not ignore. */
export async function copyTree(folder: string): Promise<void> {
  const listed = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: ROOT,
  }).output();
  if (!listed.success) throw new Error("the list of files comes from git, which failed");
  const files = new TextDecoder().decode(listed.stdout).split("\0").filter((file) => file !== "");
  for (const file of files) {
    await Deno.mkdir(`${folder}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(`${ROOT}/${file}`, `${folder}/${file}`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // Removed, and not committed yet.
    });
  }
}

/** Runs tests in a copy of the tree up to the first failure. Kills them and their children at the time limit. */
export async function tryTests(
  folder: string,
  tests: readonly string[],
  filter: string | undefined,
  limitSeconds: number,
  stop: AbortSignal,
): Promise<Ended> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-check",
      "--unstable-bundle",
      "--allow-all",
      "--fail-fast",
      ...(filter === undefined ? [] : ["--filter", filter]),
      ...tests,
    ],
    cwd: folder,
    env: { XDG_RUNTIME_DIR: "/tmp", GALLIVM_PERF: "nopt", NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true, // A process group, so that its children are killed with it.
  }).spawn();
  const kill = () => Deno.kill(-child.pid, "SIGKILL");
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, 1000 * limitSeconds);
  stop.addEventListener("abort", kill);
  try {
    const { success, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const seconds = (performance.now() - start) / 1000;
    const passed = Number(/^ok \| (\d+) passed/m.exec(text)?.[1] ?? 0);
    const reason = (/^error: (?!Test failed)(.*)$/m.exec(text)?.[1] ?? "").slice(0, 160);
    if (late) return { outcome: "late", seconds, reason: `no end after ${limitSeconds} s` };
    if (NO_PROGRAM.test(text)) return { outcome: "broken", seconds, reason: NO_PROGRAM.exec(text)![0] };
    if (!success) return { outcome: "failed", seconds, reason };
    return passed > 0
      ? { outcome: "passed", seconds, reason: "" }
      : { outcome: "broken", seconds, reason: "no test ran" };
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", kill);
  }
}
