/** Small wrong changes to this program, and the tests that should see them. */

/** What is replaced, and what stands there instead; both exact, with spaces and line ends. */
export type Change = readonly [from: string, to: string, equivalent?: string];

/** Changes to one file. */
export interface FileChanges {
  /** The first part of the changes' names. */
  readonly area: string;
  /** The file, relative to the repository's root. */
  readonly file: string;
  /** The test files that should fail. */
  readonly tests: readonly string[];
  /** Runs only the tests whose name contains this, or matches it if written as `/expression/`. */
  readonly filter?: string;
  /**
   * By what goes wrong. What is replaced occurs once in the file. A third text says why no test can see a change; it is
   * not tried then.
   */
  readonly changes: Readonly<Record<string, Change>>;
}

/** One change. */
export interface Mutant extends Omit<FileChanges, "changes"> {
  /** Area, file and what goes wrong: `losses/hinge/slope-at-the-kink`. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly equivalent: string | undefined;
}

/** All changes, one by one. */
export function mutantsOf(tables: readonly FileChanges[]): Mutant[] {
  return tables.flatMap(({ changes, ...of }) => {
    const stem = of.file.replace(/^.*\//, "").replace(/\.\w+$/, "");
    return Object.entries(changes).map(([what, [from, to, equivalent]]) => (
      { ...of, name: `${of.area}/${stem}/${what}`, from, to, equivalent }
    ));
  });
}

/** The text with the change. @throws {Error} if what is replaced is not there exactly once. */
export function mutated(text: string, { name, file, from, to }: Mutant): string {
  const parts = text.split(from);
  if (from === "" || from === to) throw new Error(`${name} changes nothing`);
  if (parts.length !== 2) {
    throw new Error(
      `${name}: ${file} has ${parts.length - 1} times, where once is expected: ${JSON.stringify(from)}`,
    );
  }
  return parts.join(to);
}

/** The tests of a change as one text: changes with the same one are tried by the same command. */
export function testsOf({ tests, filter }: Mutant): string {
  return [...tests, ...(filter === undefined ? [] : [`--filter=${filter}`])].join(" ");
}

/** The change as lines of a diff. */
export function difference({ file, from, to }: Mutant): string {
  const lines = (sign: string, text: string) => text.split("\n").map((line) => `  ${sign} ${line}`);
  return [`  ${file}`, ...lines("-", from), ...lines("+", to)].join("\n");
}
