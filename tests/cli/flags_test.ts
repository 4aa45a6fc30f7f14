import assert from "node:assert/strict";
import {
  asFlags,
  type Command,
  type FlagTable,
  HelpRequest,
  parseFlags,
  parseGiven,
  UsageError,
} from "../../cli/flags.ts";

const command: Command = {
  usage: "deno task train",
  summary: "Trains a network.",
  examples: [["deno task train --loss hard", "batch-hard triplets"]],
};

const table = {
  data: { type: "string", value: "DIR", group: "Data", help: "Folder of the dataset." },
  output: { type: "string", default: "runs", group: "Data", help: "Folder of the run." },
  loss: {
    type: "choice",
    choices: ["basic", "hard", "semi-hard"],
    default: "hard",
    help: "The triplet loss.",
  },
  margin: { type: "number", default: 0.3, min: 0, max: 10, help: "Margin of the hinge." },
  learningRate: { type: "number", default: 1e-3, above: 0, help: "Largest learning rate." },
  labelSmoothing: { type: "number", default: 0, min: 0, below: 1, help: "Label smoothing." },
  epochs: { type: "integer", default: 10, min: 1, help: "Epochs." },
  offset: { type: "integer", help: "Any whole number." },
  normalize: { type: "boolean", default: true, help: "L2-normalizes embeddings." },
  softMargin: { type: "boolean", help: "Softplus in place of the hinge." },
  image: { type: "string", aliases: ["picture"], formerly: "photoFile", help: "An image." },
} as const satisfies FlagTable;

const parse = (...args: string[]) => parseFlags(command, table, args);
const message = (...args: string[]) => {
  try {
    parse(...args);
  } catch (error) {
    assert.ok(error instanceof UsageError, `${error}`);
    return error.message;
  }
  assert.fail(`${args} was accepted`);
};

Deno.test("parseFlags() gives every default where nothing is said, under camel-case names", () => {
  assert.deepEqual(parse(), {
    data: undefined,
    output: "runs",
    loss: "hard",
    margin: 0.3,
    learningRate: 1e-3,
    labelSmoothing: 0,
    epochs: 10,
    offset: undefined,
    normalize: true,
    softMargin: false,
    image: undefined,
  });
});

Deno.test("parseFlags() types the values by the table", () => {
  const values = parse();
  const loss: "basic" | "hard" | "semi-hard" = values.loss;
  const margin: number = values.margin;
  const softMargin: boolean = values.softMargin;
  const data: string | undefined = values.data;
  // @ts-expect-error: a flag without a default may be undefined
  const certain: string = values.data;
  // @ts-expect-error: the table has no such flag
  assert.equal(values.marginn, undefined);
  assert.deepEqual([loss, margin, softMargin, data, certain], ["hard", 0.3, false, undefined, undefined]);
});

Deno.test("parseFlags() takes values after a space or an equals sign, negative ones and exponents too", () => {
  assert.equal(parse("--margin", "0.5").margin, 0.5);
  assert.equal(parse("--margin=.5").margin, 0.5);
  assert.equal(parse("--offset", "-3").offset, -3);
  assert.equal(parse("--offset=-3").offset, -3);
  assert.equal(parse("--learning-rate", "3e-4").learningRate, 3e-4);
  assert.equal(parse("--data", "a folder=b").data, "a folder=b");
  assert.equal(parse("--data", "-").data, "-");
  assert.equal(parse("--data=--odd").data, "--odd");
  assert.equal(parse("--loss", "semi-hard").loss, "semi-hard");
});

Deno.test("parseFlags() takes --flag and --no-flag for booleans, and lets the last one count", () => {
  assert.equal(parse("--no-normalize").normalize, false);
  assert.equal(parse("--soft-margin").softMargin, true);
  assert.equal(parse("--soft-margin", "--no-soft-margin").softMargin, false);
  assert.equal(parse("--margin", "1", "--margin", "2").margin, 2);
  assert.match(
    message("--normalize=false"),
    /--normalize takes no value; write --normalize or --no-normalize/,
  );
});

Deno.test("parseFlags() skips the -- that some task runners leave at the front", () => {
  assert.equal(parse("--", "--epochs", "3").epochs, 3);
});

Deno.test("parseFlags() names the real flag that is nearest to an unknown one", () => {
  assert.equal(message("--margn", "1"), "Unknown flag --margn; did you mean --margin?");
  assert.equal(message("--margn=1"), "Unknown flag --margn; did you mean --margin?");
  assert.equal(message("--lr", "1"), "Unknown flag --lr; did you mean --learning-rate?");
  assert.equal(message("--no-normalze"), "Unknown flag --no-normalze; did you mean --no-normalize?");
  assert.equal(message("--softmargin"), "Unknown flag --softmargin; did you mean --soft-margin?");
  assert.equal(message("-margin", "1"), "Unknown flag -margin; did you mean --margin?");
  assert.equal(message("--quadruplets"), "Unknown flag --quadruplets; deno task train --help lists them all");
  assert.match(message("--no-margin"), /Unknown flag --no-margin; did you mean --margin\?/);
  assert.match(message("--__proto__", "1"), /Unknown flag --__proto__/);
  assert.match(message("--no-toString"), /Unknown flag --no-toString/);
});

Deno.test("parseFlags() says which values a flag allows when it gets another", () => {
  assert.equal(message("--margin", "abc"), "--margin must be a number from 0 to 10; got 'abc'");
  assert.equal(message("--margin", "10.5"), "--margin must be a number from 0 to 10; got '10.5'");
  assert.equal(message("--margin="), "--margin must be a number from 0 to 10; got ''");
  assert.equal(message("--margin", "NaN"), "--margin must be a number from 0 to 10; got 'NaN'");
  assert.equal(message("--epochs", "1.5"), "--epochs must be a whole number of at least 1; got '1.5'");
  assert.equal(message("--epochs", "0"), "--epochs must be a whole number of at least 1; got '0'");
  assert.equal(message("--offset", "0x10"), "--offset must be a whole number; got '0x10'");
  assert.equal(message("--learning-rate", "0"), "--learning-rate must be a number above 0; got '0'");
  assert.equal(message("--learning-rate", "1e999"), "--learning-rate must be a number above 0; got '1e999'");
  assert.equal(
    message("--label-smoothing", "1"),
    "--label-smoothing must be a number of at least 0 and below 1; got '1'",
  );
  assert.equal(
    message("--loss", "semihard"),
    "--loss must be one of basic, hard, semi-hard; got 'semihard'; did you mean semi-hard?",
  );
  assert.equal(message("--loss", "x"), "--loss must be one of basic, hard, semi-hard; got 'x'");
  assert.equal(message("--data="), "--data must not be empty");
});

Deno.test("parseFlags() takes a flag by its other names, and by an earlier one", () => {
  for (const name of ["image", "picture", "photo-file"]) assert.equal(parse(`--${name}`, "x").image, "x");
  assert.equal(message("--pictures=x"), "Unknown flag --pictures; did you mean --picture?");
});

Deno.test("parseFlags() refuses to go without a required flag", () => {
  const table = { out: { type: "string", required: true, help: "Folder to write." } } as const;
  assert.equal(parseFlags(command, table, ["--out=x"]).out, "x");
  assert.throws(() => parseFlags(command, table, []), new UsageError("--out is required: Folder to write."));
  const alone = { ...command, argument: "file" };
  const file = {
    file: { type: "string", value: "FILE|URL", required: true, help: "File to read." },
  } as const;
  assert.throws(() => parseFlags(alone, file, []), new UsageError("FILE|URL is missing: File to read."));
});

Deno.test("parseGiven() gives the flags that are given and no others", () => {
  assert.deepEqual(parseGiven(command, table, ["--no-normalize", "--margin=0.3"]), {
    normalize: false,
    margin: 0.3,
  });
});

Deno.test("asFlags() writes values as flags that parse to the same values", () => {
  const values = { learningRate: 0.01, loss: "hard", normalize: false, softMargin: true } as const;
  assert.equal(asFlags(values), "--learning-rate 0.01 --loss hard --no-normalize --soft-margin");
  assert.deepEqual(parseGiven(command, table, asFlags(values).split(" ")), values);
});

Deno.test("parseFlags() notices a flag whose value is missing", () => {
  assert.equal(message("--data"), "--data needs a value: Folder of the dataset.");
  assert.equal(message("--data", "--margin", "1"), "--data needs a value: Folder of the dataset.");
});

Deno.test("parseFlags() refuses arguments that belong to no flag, with a hint", () => {
  assert.match(message("hard"), /Unexpected argument 'hard'; every value follows its flag/);
  assert.match(message("--soft-margin", "true"), /Unexpected argument 'true'/);
  assert.equal(message("margin", "1"), "Unexpected argument 'margin'; did you mean --margin?");
  assert.match(message("--epochs", "1", "--", "x"), /Unexpected argument 'x'/);
});

Deno.test("parseFlags() answers --help before all else, with usage, groups, ranges, defaults and examples", () => {
  for (const args of [["--help"], ["-h"], ["--margin", "abc", "--help"]]) {
    assert.throws(() => parse(...args), (error) => {
      assert.ok(error instanceof HelpRequest);
      const lines = error.message.split("\n");
      assert.equal(lines[0], "Usage: deno task train [flags]");
      assert.ok(lines.includes("Trains a network."));
      assert.ok(lines.indexOf("Data") < lines.indexOf("Flags"));
      assert.ok(lines.includes("  --data DIR                    Folder of the dataset."));
      assert.ok(
        lines.includes("  --margin NUMBER               Margin of the hinge. (from 0 to 10, default 0.3)"),
      );
      assert.ok(lines.includes("  --[no-]normalize              L2-normalizes embeddings. (default on)"));
      assert.ok(lines.includes("  --loss basic|hard|semi-hard   The triplet loss. (default hard)"));
      assert.ok(lines.includes("  deno task train --loss hard"));
      assert.ok(lines.every((line) => line.length <= 100));
      return true;
    });
  }
});

Deno.test("a flag of type strings takes the words up to the next flag, and adds to those that it has", () => {
  const several = {
    runs: { type: "strings", value: "RUN", help: "Runs." },
    ...table,
  } as const satisfies FlagTable;
  const runs = (...args: string[]) => parseFlags(command, several, args).runs;
  assert.deepEqual(runs("--runs", "a", "b", "--margin", "1"), ["a", "b"]);
  assert.deepEqual(runs("--runs=a", "--runs", "b", "c"), ["a", "b", "c"]);
  assert.equal(runs(), undefined);
  assert.throws(() => runs("--runs"), /--runs needs a value/);
  assert.throws(() => runs("--runs", "a", ""), /--runs must not be empty/);
  assert.throws(() => runs("--runs", "a", "--margin", "1", "b"), /Unexpected argument 'b'/);
  assert.throws(() => runs("--runs", "a", "--no-normalize", "b"), /Unexpected argument 'b'/);
  assert.equal(asFlags({ runs: ["a", "b"] }), "--runs a b");
});

Deno.test("a command's argument stands alone or after its flag, once", () => {
  const weights: Command = { usage: "deno task weights", summary: "Reads.", argument: "image" };
  const image = (...args: string[]) => parseFlags(weights, table, args).image;
  assert.equal(image("a.jpg", "--margin", "1"), "a.jpg");
  assert.equal(image("--margin", "1", "a.jpg"), "a.jpg");
  assert.equal(image("--image", "a.jpg"), "a.jpg");
  assert.throws(() => image("a.jpg", "b.jpg"), /Unexpected argument 'b.jpg'/);
  assert.throws(() => parseFlags(weights, table, ["--help"]), /Usage: deno task weights IMAGE \[flags\]/);
});
