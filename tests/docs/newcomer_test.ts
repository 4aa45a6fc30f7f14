/** The cheap commands of the documentation run, word for word and one after another, in a folder as a newcomer has it. */
import assert from "node:assert/strict";
import { runTask, withFolder } from "../cli/run_task.ts";
import { blocks, read } from "./markdown.ts";
import { QUERY, RUN, taskOf } from "./run_commands.ts";

/** Lines without the numbers and with single spaces: what stays the same from run to run. */
const shape = (text: string) =>
  text.split("\n").map((line) => line.replace(/[\d.,]+/g, "#").replace(/\s+/g, " ").trim());

Deno.test("the commands of the documentation do what they say, in a newcomer's order", async (t) => {
  await withFolder(async (folder) => {
    for (const [command, { small = [], says, file }] of Object.entries(RUN)) {
      await t.step(command, async () => {
        const { task, args } = taskOf(command)!;
        const ended = await runTask(task, [...args, ...small], { cwd: folder });
        assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.stdout, says);
        if (file !== undefined) await Deno.stat(`${folder}/${file}`);
        if (task === "synth") {
          const [query] = [...Deno.readDirSync(`${folder}/people/query`)];
          await Deno.copyFile(`${folder}/people/query/${query.name}`, `${folder}/${QUERY}`);
        }
        if (task === "train") {
          const printed = shape(ended.stdout);
          for (const line of blocks(read("README.md"), "text").flatMap((block) => shape(block.trimEnd()))) {
            assert.ok(printed.includes(line), `README.md shows "${line}", which the run did not print`);
          }
        }
      });
    }
  });
});
