/** Downloads against servers on this machine: whole or not at all, resumed, and told in one paragraph where they fail. */
import assert from "node:assert/strict";
import { download } from "../../cli/weights/download.ts";
import { fetchWeights } from "../../cli/weights/fetched.ts";
import { RunError } from "../../train/errors.ts";
import { exists, withFolder } from "./run_task.ts";

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);

/** A server of one behavior, with its address and the requests that it saw. */
async function withServer(
  answer: (request: Request, seen: number) => Response | Promise<Response>,
  use: (url: URL, seen: Request[]) => Promise<void>,
): Promise<void> {
  const seen: Request[] = [];
  await using server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    (request) => answer(request, seen.push(request)),
  );
  await use(new URL(`http://127.0.0.1:${server.addr.port}/models/net.pth`), seen);
}

/** A file that a server gives whole or in part, as most do. */
function ranged(request: Request, tag: string, content = CONTENT): Response {
  const headers = { "etag": tag, "content-length": `${content.length}` };
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "") ?? [];
  if (from === undefined || request.headers.get("if-range") !== tag) {
    return new Response(content, { headers });
  }
  const begin = Number(from);
  const range = `bytes ${begin}-${content.length - 1}/${content.length}`;
  return new Response(content.subarray(begin), {
    status: 206,
    headers: { "etag": tag, "content-range": range, "content-length": `${content.length - begin}` },
  });
}

/** A body that breaks off after some bytes, though its length was promised. */
function broken(tag: string | undefined, after: number): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(CONTENT.subarray(0, after));
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.error(new Error("gone"));
    },
  });
  return new Response(body, {
    headers: { "content-length": `${CONTENT.length}`, ...(tag && { etag: tag }) },
  });
}

async function fails(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof RunError, `${error}`);
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

Deno.test("a download that breaks off leaves no file and goes on where it stopped, if the file is the same", () =>
  withFolder(async (folder) => {
    const path = `${folder}/net.pth`;
    await withServer(
      (request, n) => n === 1 ? broken('"a"', 100_000) : ranged(request, '"a"'),
      async (url, seen) => {
        await fails(download(url, path), /cannot be fetched|connection ended/);
        assert.ok(!exists(path));
        await download(url, path);
        assert.equal(seen[1]?.headers.get("range"), "bytes=100000-");
        assert.equal(seen[1]?.headers.get("if-range"), '"a"');
        assert.deepEqual(await Deno.readFile(path), CONTENT);
        assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["net.pth"]);
      },
    );
    // The file has changed since, or the server does not say whether it has: from the beginning.
    for (const tag of ['"old"', 'W/"a"', undefined]) {
      await Deno.remove(path);
      await withServer(
        (request, n) => n === 1 ? broken(tag, 100_000) : ranged(request, '"new"'),
        async (url, seen) => {
          await fails(download(url, path), /cannot be fetched|connection ended/);
          await download(url, path);
          assert.equal(seen[1]?.headers.has("range"), tag === '"old"');
          assert.deepEqual(await Deno.readFile(path), CONTENT);
        },
      );
    }
    // What is there is more than the server has.
    await Deno.writeFile(`${path}.part`, new Uint8Array(400_000));
    await Deno.writeTextFile(`${path}.part.json`, JSON.stringify({ validator: '"a"' }));
    await Deno.remove(path);
    await withServer(
      (request, n) => n === 1 ? new Response(null, { status: 416 }) : ranged(request, '"a"'),
      async (url) => {
        await download(url, path);
        assert.deepEqual(await Deno.readFile(path), CONTENT);
      },
    );
  }));

Deno.test("redirects are followed, and a server without a length is read to its end", () =>
  withFolder(async (folder) => {
    await withServer(({ url }) => {
      if (!url.endsWith("/moved")) {
        return new Response(null, { status: 302, headers: { location: "/moved" } });
      }
      return new Response(new Blob([CONTENT]).stream());
    }, async (url) => {
      await download(url, `${folder}/net.pth`);
      assert.deepEqual(await Deno.readFile(`${folder}/net.pth`), CONTENT);
    });
  }));

Deno.test("an error of the server, none at all, silence and too large a file give messages with the address", () =>
  withFolder(async (folder) => {
    const path = `${folder}/net.pth`;
    const statuses: [number, RegExp][] = [[404, /answers 404 .*Check the address/], [
      403,
      /answers 403 .*browser/,
    ], [503, /503.*later/]];
    for (const [status, message] of statuses) {
      await withServer(() => new Response("no", { status }), (url) => fails(download(url, path), message));
    }
    await withServer(
      ({ url }) => new Response(null, { status: 302, headers: { location: url } }),
      (url) => fails(download(url, path), /cannot be fetched: .*redirect/i),
    );
    const silent = () =>
      new Response(new ReadableStream({ start: (controller) => controller.enqueue(CONTENT) }));
    await withServer(
      silent,
      (url) => fails(download(url, path, { silentSeconds: 0.2 }), /sent nothing for 0 s/),
    );
    for (const answer of [() => new Response(CONTENT), () => new Response(new Blob([CONTENT]).stream())]) {
      await withServer(
        answer,
        (url) => fails(download(url, path, { mostBytes: 1000 }), /has 0\.\d MB or more/),
      );
    }
    let closed = new URL("http://127.0.0.1/");
    await withServer(() => new Response(), (url) => Promise.resolve(void (closed = url)));
    await fails(
      download(closed, path),
      /127\.0\.0\.1:\d+\/models\/net\.pth cannot be fetched: .*refused.*connection/i,
    );
    closed.password = closed.username = "secret";
    await fails(download(closed, path), /^(?!.*secret)/);
    assert.ok(!exists(path) && !exists(`${path}.part`));
    await using _other = await Deno.open(`${path}.part`, { write: true, create: true }).then((file) => {
      file.lockSync(true);
      return { [Symbol.asyncDispose]: () => Promise.resolve(file.close()) };
    });
    await fails(download(closed, path), /Another process is fetching/);
  }));

Deno.test("the cache keeps a file by its address, with the shards of a layers model; a digest is compared", () =>
  withFolder(async (folder) => {
    const model = JSON.stringify({
      format: "layers-model",
      weightsManifest: [{ paths: ["sub/a.bin"], weights: [{ name: "w", shape: [2], dtype: "float32" }] }],
    });
    const files: Record<string, () => Response> = {
      "/models/model.json": () => new Response(model),
      "/models/sub/a.bin": () => new Response(new Uint8Array(8)),
      "/models/net.pth": () => new Response(CONTENT),
      "/models/evil.json": () => new Response(model.replace("sub/a.bin", "../../../a.bin")),
    };
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", CONTENT)).toHex();
    await withServer(
      (request) => (files[new URL(request.url).pathname] ?? (() => new Response(null, { status: 404 })))(),
      async (url, seen) => {
        const path = await fetchWeights(url, folder, digest.slice(0, 8));
        assert.equal(await fetchWeights(url, folder, undefined), path);
        assert.equal(seen.length, 1);
        await fails(
          fetchWeights(url, folder, "0".repeat(64)),
          new RegExp(`has the SHA-256 ${digest}, and not 0000`),
        );
        assert.equal(seen.length, 2); // The one in the cache was another, so it was fetched again.
        assert.ok(!exists(path));

        const json = await fetchWeights(new URL("model.json?download=1", url), folder, undefined);
        assert.match(json, /\/model\.json$/);
        assert.equal((await Deno.readFile(json.replace("model.json", "sub/a.bin"))).length, 8);
        await fails(fetchWeights(new URL("evil.json", url), folder, undefined), /outside of its folder/);
      },
    );
  }));
