import assert from "node:assert/strict";
import { asFlags, HelpRequest, UsageError } from "../../cli/flags.ts";
import { parseTrainFlags } from "../../cli/train_flags.ts";
import { lossTable } from "../../losses/mod.ts";
import { recipeTable } from "../../train/recipes.ts";

const options = (...args: string[]) => parseTrainFlags(args).options;

/** What a usage error of these arguments says. */
function message(...args: string[]): string {
  let said = "";
  assert.throws(() => parseTrainFlags(args), (error) => {
    assert.ok(error instanceof UsageError);
    said = error.message;
    return true;
  });
  return said;
}

Deno.test("--neck bnneck asks for the identity head that it is for", () => {
  assert.match(message("--loss=hard", "--neck=bnneck"), /give that a weight, such as --id-loss 1/);
  assert.match(message("--loss=basic", "--neck=bnneck", "--id-loss=0"), /--id-loss 1/);
  const { options } = parseTrainFlags(["--neck=bnneck", "--id-loss=0.5", "--test-feature=before"]);
  assert.deepEqual([options.neck, options.testFeature, options.idLoss], ["bnneck", "before", 0.5]);
});

Deno.test("for an address of weights, the message names the command that fetches it", () => {
  const said = message("--weights=https://example.com/net.pth");
  assert.match(said, /takes a file.*deno task weights https:\/\/example\.com\/net\.pth --out/);
});

Deno.test("--no-neck is told how it is written", () => {
  assert.equal(message("--no-neck"), "--no-neck is written --neck none");
  assert.match(message("--no-metric"), /^Unknown flag --no-metric/);
});

Deno.test("--sampler is the loss's first unless it is given, and none that the loss cannot work with", () => {
  const losses = Object.entries(lossTable);
  assert.ok(losses.length >= 5 && losses.every(([, { samplers }]) => samplers.length > 0));
  for (const [key, { samplers }] of losses) {
    assert.equal(options(`--loss=${key}`).sampler, samplers[0]);
    for (const sampler of samplers) {
      assert.equal(options(`--loss=${key}`, "--sampler", sampler).sampler, sampler);
    }
  }
  assert.equal(
    message("--loss=basic", "--sampler=pk"),
    "--loss basic takes batches of --sampler triplets; got 'pk'",
  );
  assert.equal(
    message("--loss=semi-hard", "--sampler=triplets"),
    "--loss semi-hard takes batches of --sampler shuffled or pk; got 'triplets'",
  );
});

Deno.test("--help says which sampler a loss takes", () => {
  assert.throws(() => options("--help"), (error) => {
    assert.ok(error instanceof HelpRequest);
    assert.match(error.message.replace(/\s+/g, " "), /triplets for basic, pk or shuffled for hard/);
    return true;
  });
});

Deno.test("--schedule brings its own --decay and --decay-at, and refuses what it has no use for", () => {
  const fall = (...args: string[]) => {
    const { schedule, decay, decayAt } = options(...args);
    return [schedule, decay, decayAt];
  };
  assert.deepEqual(fall(), ["cosine", 0.01, ""]);
  assert.deepEqual(fall("--schedule=step"), ["step", 0.1, "0.3333,0.5833"]);
  assert.deepEqual(fall("--schedule=exponential"), ["exponential", 0.001, "0.6"]);
  assert.deepEqual(fall("--schedule=constant"), ["constant", 1, ""]);
  assert.deepEqual(fall("--schedule=step", "--decay=0.5", "--decay-at=.5, 0.75"), ["step", 0.5, "0.5,0.75"]);
  assert.equal(
    message("--decay-at=0.5"),
    "--schedule cosine takes no share of the run as --decay-at; got '0.5'",
  );
  assert.match(
    message("--schedule=step", "--decay-at=40,70"),
    /^--decay-at '40,70' should be shares of the run/,
  );
  assert.match(message("--schedule=exponential", "--decay-at=0.5,0.6"), /takes one share of the run/);
  assert.match(message("--schedule=constant", "--decay=0.5"), /leave out --decay$/);
});

Deno.test("--recipe sets the defaults of other flags, and a flag that is given wins, wherever it stands", () => {
  const { recipe: _plain, ...plain } = options();
  assert.deepEqual(options("--recipe=plain"), { recipe: "plain", ...plain });
  const recipes = Object.entries(recipeTable);
  assert.ok(recipes.length >= 2);
  for (const [key, { settings }] of recipes) {
    const given = asFlags(settings).split(" ").filter(Boolean);
    assert.equal(given.length > 0, key !== "plain", key);
    // The same as the flags written out: each is a flag, and its value one that this allows.
    assert.deepEqual(options(`--recipe=${key}`), { ...options(...given), recipe: key });
  }
  const strong = options("--recipe=strong");
  assert.ok(strong.idLoss > 0 && plain.idLoss === 0);
  for (const args of [["--id-loss=0.25", "--recipe=strong"], ["--recipe=strong", "--id-loss=0.25"]]) {
    assert.deepEqual(options(...args), { ...strong, idLoss: 0.25 });
  }
  assert.equal(message("--recipe=weak"), "--recipe must be one of plain, strong; got 'weak'");
  assert.match(
    message("--resume=x", "--recipe=strong"),
    /A resumed run keeps its settings.*leave out --recipe/,
  );
});
