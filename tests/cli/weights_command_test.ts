/** `deno task weights` as a user runs it: files, addresses on this machine, and what is wrong with either. */
import assert from "node:assert/strict";
import { decodeSafetensors } from "../../model/safetensors.ts";
import { sha256 } from "../../train/checksum.ts";
import { publish } from "../model/pretrained/published_network.ts";
import { Call, Global, type Picklable, Tuple } from "../model/weights_files/pickler.ts";
import { stateDict, type Storage, tensor, torchStream } from "../model/weights_files/torch_writer.ts";
import { exists, onlyError, runTask, withFolder } from "./run_task.ts";

/** torchvision's MobileNetV2 0.35 in a checkpoint, in the form before PyTorch 1.6; `spoil` changes its bytes. */
function checkpoint(spoil: (name: string, values: Float32Array) => void = () => {}): Uint8Array<ArrayBuffer> {
  const { tensors } = publish("torchvision", 0.35, 9);
  const storages = [...tensors].map(([name, { dtype, data }], i): Storage => {
    assert.ok(dtype === "F32" || dtype === "I64");
    const values = data.slice();
    if (values instanceof Float32Array) spoil(name, values);
    return { key: `${i}`, dtype, bytes: new Uint8Array(values.buffer) };
  });
  const entries = [...tensors].map(([name, { shape }], i) =>
    [`module.${name}`, tensor(storages[i], shape)] as const
  );
  return torchStream(new Map<string, Picklable>([["epoch", 3], ["model", stateDict(entries)]]), storages);
}

Deno.test("a .pth is listed, checked and converted; the file is not replaced without --overwrite", () =>
  withFolder(async (folder) => {
    const bytes = checkpoint();
    const digest = await sha256(bytes);
    const path = `${folder}/net-${digest.slice(0, 8)}.pth`, out = `${folder}/net.safetensors`;
    await Deno.writeFile(path, bytes);
    const { code, stdout, stderr } = await runTask("weights", [path, "--out", out]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^module\.features\.0\.0\.weight +F32 +\[16, 3, 3, 3\] +stem\.weight$/m);
    assert.match(stdout, /^module\.classifier\.1\.bias +F32 +\[4\] +head, not used$/m);
    assert.match(
      stdout,
      new RegExp(`^SHA-256 ${digest}${/[a-f]/.test(digest.slice(0, 8)) ? ", which begins as" : ""}`, "m"),
    );
    assert.match(stdout, /^MobileNetV2 of width 0\.35 with the names of torchvision, .* takes 260 tensors$/m);
    assert.match(stdout, /^Left over: the head \S+, \S+; 52 counts of batches$/m);
    assert.match(stderr, /^note: the network is what the file has under model$/m);

    const written = decodeSafetensors(await Deno.readFile(out)).tensors;
    const { tensors } = publish("torchvision", 0.35, 9);
    for (const [name, { dtype, shape, data }] of tensors) {
      const found = written.get(`module.${name}`);
      assert.deepEqual([found?.dtype, found?.shape, found?.data], [dtype, shape, data], name);
    }
    assert.equal(written.size, tensors.size);

    const [again, other, json] = await Promise.all([
      runTask("weights", [path, "--out", out]),
      runTask("weights", [path, "--sha256", "0123456789"]),
      runTask("weights", [out, "--json", "--overwrite", "--out", out]),
    ]);
    assert.match(onlyError(again, 1), /net\.safetensors exists already.*--out.*--overwrite/);
    assert.match(onlyError(other, 1), new RegExp(`has the SHA-256 ${digest}, and not 0123456789`));
    const listed = JSON.parse(json.stdout);
    assert.deepEqual([listed.format, listed.family, listed.network.width], [
      "safetensors",
      "torchvision",
      0.35,
    ]);
    assert.deepEqual(listed.out, { path: out, bytes: listed.bytes, sha256: listed.sha256 });
    const uses = Map.groupBy(listed.tensors, ({ use }: { use: string }) => use);
    assert.deepEqual([uses.get("backbone")?.length, uses.get("head")?.length, uses.get("count")?.length], [
      260,
      2,
      52,
    ]);
  }));

Deno.test("the listing names other tensors than those of a MobileNetV2, and what is wrong with a file", () =>
  withFolder(async (folder) => {
    const storage: Storage = {
      key: "0",
      dtype: "F32",
      bytes: new Uint8Array(Float32Array.of(1, NaN, Infinity).buffer),
    };
    const other = torchStream(stateDict([["conv\x1b[2J", tensor(storage, [3])]]), [storage]);
    const evil = torchStream(
      new Map([["w", new Call(new Global("os", "system"), new Tuple(["touch x"]))]]),
      [],
    );
    await Deno.writeFile(`${folder}/other-abcdef01.pth`, other);
    await Deno.writeFile(`${folder}/evil.pth`, evil);
    await Deno.writeFile(
      `${folder}/nan.pth`,
      checkpoint((name, values) => name === "features.0.1.bias" && values.fill(NaN)),
    );
    const [odd, nan, refused, none, wrong, scheme] = await Promise.all([
      runTask("weights", [`${folder}/other-abcdef01.pth`]),
      runTask("weights", [`${folder}/nan.pth`]),
      runTask("weights", [`${folder}/evil.pth`, "--out", `${folder}/evil.safetensors`]),
      runTask("weights", []),
      runTask("weights", [`${folder}/nan.pth`, "--sha256", "xyz"]),
      runTask("weights", ["ftp://example.com/net.pth"]),
    ]);
    assert.equal(odd.code, 0, odd.stderr);
    assert.match(odd.stdout, /^conv\ufffd\[2J +F32 +\[3\]$/m);
    assert.match(odd.stdout, /--weights does not take it: It is not a MobileNetV2/);
    assert.match(odd.stderr, /^note: values that are NaN or infinite: conv\ufffd\[2J \(2\)$/m);
    assert.match(odd.stderr, /^note: its SHA-256 begins with .* not as its name says/m);
    assert.match(
      nan.stdout,
      /does not take it: module\.features\.0\.1\.bias|does not take it: features\.0\.1\.bias has non-finite/,
    );
    assert.match(nan.stderr, /NaN or infinite: module\.features\.0\.1\.bias \(16\)/);
    assert.match(onlyError(refused, 1), /evil\.pth cannot be used: Its pickle names os\.system/);
    assert.ok(!exists(`${folder}/evil.safetensors`));
    assert.match(onlyError(none, 2), /FILE\|URL is missing: File of weights/);
    assert.match(onlyError(wrong, 2), /--sha256 must be 8 to 64 hexadecimal digits/);
    assert.match(onlyError(scheme, 2), /must begin with https:\/\/ or http:\/\//);
  }));

Deno.test("a download that Ctrl-C stops leaves no file, and the same command goes on with it", () =>
  withFolder(async (folder) => {
    const content = checkpoint();
    const ranges: (string | null)[] = [];
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      const begin = Number(/\d+/.exec(range ?? "")?.[0] ?? 0);
      const headers = {
        etag: '"1"',
        "content-length": `${content.length - begin}`,
        ...(range !== null && { "content-range": `bytes ${begin}-${content.length - 1}/${content.length}` }),
      };
      if (range !== null) return new Response(content.subarray(begin), { status: 206, headers });
      // Slowly, so that there is something to stop.
      let sent = 0;
      const slowly = new ReadableStream<Uint8Array>({
        async pull(controller) {
          controller.enqueue(content.subarray(sent, sent += content.length / 20));
          await new Promise((resolve) => setTimeout(resolve, 250));
        },
      });
      return new Response(slowly, { headers });
    });
    const url = `http://127.0.0.1:${server.addr.port}/net.pth`;
    const args = [
      url,
      `--cache=${folder}/cache`,
      `--out=${folder}/net.safetensors`,
      `--sha256=${await sha256(content)}`,
    ];
    const part = () =>
      [...Deno.readDirSync(`${folder}/cache/weights`)].flatMap(({ name }) =>
        [...Deno.readDirSync(`${folder}/cache/weights/${name}`)].map(({ name }) => name)
      ).sort();
    let stopped = false;
    const first = await runTask("weights", args, {
      onOutput: (text, child) => {
        if (stopped || !/Fetching net\.pth: \d\d %/.test(text)) return;
        stopped = true;
        child.kill("SIGINT");
      },
    });
    assert.notEqual(first.code, 0);
    assert.deepEqual(part(), ["net.pth.part", "net.pth.part.json"]);
    const second = await runTask("weights", args);
    assert.equal(second.code, 0, second.stderr);
    assert.match(ranges[1] ?? "", /^bytes=[1-9]\d+-$/);
    assert.deepEqual(part(), ["net.pth"]);
    assert.equal(decodeSafetensors(await Deno.readFile(`${folder}/net.safetensors`)).tensors.size, 314);
  }));
