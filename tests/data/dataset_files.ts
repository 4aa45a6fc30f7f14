/** Datasets of empty files: readers look at names alone. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { DataError } from "../../data/errors.ts";
import { readDataset } from "../../data/read_dataset.ts";

/** Makes a folder with files by folder, empty ones or with the text given, hands it over and removes it. */
export async function withFiles(
  files: Record<string, string[] | Record<string, string>>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await writeFiles(root, files);
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Writes files into a folder: empty ones, or with the text given for each. */
export async function writeFiles(
  root: string,
  files: Record<string, string[] | Record<string, string>>,
): Promise<void> {
  for (const [folder, content] of Object.entries(files)) {
    await Deno.mkdir(join(root, folder), { recursive: true });
    const texts = Array.isArray(content) ? Object.fromEntries(content.map((name) => [name, ""])) : content;
    for (const [name, text] of Object.entries(texts)) {
      await Deno.mkdir(dirname(join(root, folder, name)), { recursive: true });
      await Deno.writeTextFile(join(root, folder, name), text);
    }
  }
}

/** What `readDataset` says of a folder that it refuses. */
export async function refusal(root: string): Promise<string> {
  let message = "";
  await assert.rejects(readDataset(root), (error) => {
    assert.ok(error instanceof DataError, `${error}`);
    message = error.message;
    return true;
  });
  return message;
}
