import assert from "node:assert/strict";
import { SiteError } from "../../web/errors.ts";
import { respond, serveFolder } from "../../web/serve.ts";
import { withFolder } from "../cli/run_task.ts";

const ORIGIN = "http://127.0.0.1:8000";

/** A folder with a page, a hidden file, and links: one within the folder, one out of it. */
async function withSite(use: (root: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const root = await Deno.realPath(folder) + "/site";
    await Deno.mkdir(`${root}/pictures`, { recursive: true });
    await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
    await Deno.writeTextFile(`${root}-of-somebody.txt`, "secret"); // Its path begins as the site's.
    await Deno.writeTextFile(`${root}/index.html`, "<title>first</title>");
    await Deno.writeTextFile(`${root}/.hidden`, "secret");
    await Deno.writeTextFile(`${root}/pictures/<b> & ü.jpg`, "picture");
    await Deno.symlink(`${root}/index.html`, `${root}/inside.html`);
    await Deno.symlink(`${folder}/secret.txt`, `${root}/outside.txt`);
    await Deno.symlink(folder, `${root}/up`);
    await Deno.symlink(`${root}-of-somebody.txt`, `${root}/beside.txt`);
    await use(root);
  });
}

async function answer(root: string, path: string, init?: RequestInit) {
  const response = await respond(root, new Request(ORIGIN + path, init));
  return { status: response.status, headers: response.headers, text: await response.text() };
}

Deno.test("The server gives what lies in its folder, with a type that is not guessed and a strict policy", async () => {
  await withSite(async (root) => {
    const first = await answer(root, "/");
    assert.deepEqual([first.status, first.text], [200, "<title>first</title>"]);
    assert.equal(first.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(first.headers.get("x-content-type-options"), "nosniff");
    const policy = first.headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'.*connect-src 'self'/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/);
    await Deno.writeTextFile(`${root}/playground_worker.js`, "");
    const runner = (await answer(root, "/playground_worker.js")).headers.get("content-security-policy")!;
    assert.equal(runner, policy.replace("script-src 'self'", "script-src 'self' blob:"));
    assert.equal((await answer(root, "/inside.html")).status, 200);
    assert.equal((await answer(root, `/pictures/${encodeURIComponent("<b> & ü.jpg")}`)).text, "picture");

    const etag = first.headers.get("etag")!;
    const again = await answer(root, "/", { headers: { "if-none-match": etag } });
    assert.deepEqual([again.status, again.text], [304, ""]);
    const earlier = await answer(root, "/", { headers: { "if-none-match": '"another"' } });
    assert.deepEqual([earlier.status, earlier.text], [200, "<title>first</title>"]);
    const head = await answer(root, "/", { method: "HEAD" });
    assert.deepEqual([head.status, head.text, head.headers.get("content-length")], [200, "", "20"]);
  });
});

Deno.test("The server gives nothing from outside its folder and nothing hidden", async () => {
  await withSite(async (root) => {
    const paths = [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/..%5csecret.txt",
      "/pictures/..%2f..%2fsecret.txt",
      "//secret.txt",
      `/${encodeURIComponent(`${root}/../secret.txt`)}`,
      "/outside.txt",
      "/beside.txt",
      "/up/secret.txt",
      "/.hidden",
      "/pictures",
      "/pictures/",
      "/index.html%00.txt",
      "/%",
      "/%ff",
      "/missing<script>",
    ];
    for (const path of paths) {
      const { status, text } = await answer(root, path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /secret|script|\//, path);
    }
  });
});

Deno.test("The server answers to this machine's names and to reading only", async () => {
  await withSite(async (root) => {
    const elsewhere = await respond(root, new Request("http://rebound.example:8000/"));
    assert.equal(elsewhere.status, 421);
    assert.equal((await respond(root, new Request("http://localhost:8000/"))).status, 200);
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal((await answer(root, "/", { method })).status, 405);
    }
  });
});

Deno.test("The server is there for this machine alone, and stays whatever comes over the wire", async () => {
  await withSite(async (root) => {
    const server = await serveFolder(root);
    const port = Number(new URL(server.url).port);
    // All of 127.0.0.0/8 is this machine on Linux; elsewhere there may be no such address.
    for (const hostname of ["127.0.0.2", "::1"]) {
      await assert.rejects(Deno.connect({ hostname, port }), hostname);
    }
    const sent = [
      "GET /../secret.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
      "GET http://127.0.0.1/../secret.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
      "GET ../secret.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
      "GET /secret.txt HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n",
      "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\nConnection: close\r\n\r\n",
      `GET /${"a".repeat(1 << 20)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${"x: y\r\n".repeat(5000)}Connection: close\r\n\r\n`,
      "\0".repeat(1000) + "\r\n\r\n",
    ];
    for (const request of sent) {
      const answer = await overTheWire(port, request);
      assert.doesNotMatch(answer, /secret|<title>|^HTTP\S* 2/, request.slice(0, 80));
    }
    assert.equal((await (await fetch(server.url)).text()).length, 20);
    await server.stop();
  });
});

/** What a server answers until it closes the connection, or for two seconds; a reset is an answer, too. */
async function overTheWire(port: number, request: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => connection.close(), 2000);
  let answer = "";
  try {
    // Both at once: a server may answer before it has read all.
    const writer = connection.writable.getWriter();
    writer.write(new TextEncoder().encode(request)).catch(() => {});
    for await (const piece of connection.readable.pipeThrough(new TextDecoderStream())) answer += piece;
  } catch {
    // Reset, or closed by the timer.
  }
  clearTimeout(timer);
  try {
    connection.close();
  } catch {
    // It is closed.
  }
  return answer;
}

Deno.test("A file that is gone or not to be read by then is no page", async () => {
  await withSite(async (root) => {
    const { open } = Deno;
    Deno.open = () => Promise.reject(new Deno.errors.PermissionDenied("not yours"));
    try {
      const { status, text } = await answer(root, "/");
      assert.deepEqual([status, text], [404, "There is no such page\n"]);
    } finally {
      Deno.open = open;
    }
  });
});

Deno.test("A missing folder and a port that is taken are said in words", async () => {
  await withSite(async (root) => {
    await assert.rejects(serveFolder(`${root}/none`), SiteError);
    const server = await serveFolder(root);
    const { port } = new URL(server.url);
    assert.equal((await (await fetch(server.url)).text()).length, 20);
    await assert.rejects(serveFolder(root, Number(port)), {
      name: "SiteError",
      message: /Choose another one/,
      remedies: [{ kind: "change", settings: ["port"] }],
    });
    await server.stop();
  });
});
