/**
 * Serves a folder over HTTP to this machine, but no hidden files. Its headers forbid pages to load anything from another
 * server, or to send anything to one.
 */
import { extname, join, sep } from "node:path";
import { SiteError } from "./errors.ts";

/** The address of the server, which only this machine can reach. */
export const HOST = "127.0.0.1";

/** A running server. */
export interface RunningServer {
  /** The address of the first page, with a slash at the end. */
  readonly url: string;
  /** Completes the requests in progress and stops. */
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
};

/** A page may load files of this site, pictures that the visitor chose, and WebAssembly for the decoders. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The script that runs a visitor's own code, which it imports from a Blob: no other may. What it may load is the same. */
const CODE_RUNNER = "playground_worker.js";
const CODE_RUNNER_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' blob:");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // A page in an isolated process has finer clocks, for the times that it shows.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
};

/**
 * Starts a server of a folder.
 *
 * @param port 0 for any free port.
 * @throws {SiteError} when the folder is missing or the port is taken.
 */
export async function serveFolder(folder: string, port = 0): Promise<RunningServer> {
  const root = await realPath(folder);
  if (root === undefined) throw new SiteError(`There is no folder ${folder} to serve`);
  const server = listen(port, (request) => respond(root, request));
  const { port: chosen } = server.addr as Deno.NetAddr;
  return { url: `http://${HOST}:${chosen}/`, stop: () => server.shutdown() };
}

function listen(port: number, handler: (request: Request) => Promise<Response>): Deno.HttpServer {
  try {
    return Deno.serve({ hostname: HOST, port, onListen() {} }, handler);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied)) {
      throw error;
    }
    throw new SiteError(`Port ${port} cannot be used: ${error.message}. Choose another one.`, {
      remedies: [{ kind: "change", settings: ["port"] }],
    });
  }
}

/**
 * Answers a request for a file of the folder `root`, which is a real path.
 *
 * The name in the request must be a name of this machine. Otherwise a foreign page could read the site through a name
 * of its own server that resolves to this machine (DNS rebinding).
 */
export async function respond(root: string, request: Request): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  if (hostname !== HOST && hostname !== "localhost") return refusal(421, "Not this server's name");
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refusal(405, "Only GET and HEAD", { allow: "GET, HEAD" });
  }
  const path = await fileOf(root, pathname);
  if (path === undefined) return refusal(404, "There is no such page");
  const { size, mtime } = await Deno.stat(path);
  const etag = `"${size.toString(36)}-${(mtime?.getTime() ?? 0).toString(36)}"`;
  const type = TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
  const policy = path === join(root, CODE_RUNNER) ? CODE_RUNNER_POLICY : POLICY;
  const headers = { ...HEADERS, "content-security-policy": policy, etag, "content-type": type };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  const sized = { ...headers, "content-length": `${size}` };
  if (request.method === "HEAD") return new Response(null, { headers: sized });
  const file = await Deno.open(path).catch(() => undefined);
  if (file === undefined) return refusal(404, "There is no such page"); // Removed meanwhile, or not readable for this user.
  return new Response(file.readable, { headers: sized });
}

/** The file at a path of an address; undefined if there is none, or it must not be served. */
async function fileOf(root: string, pathname: string): Promise<string | undefined> {
  let segments: string[];
  try {
    segments = pathname.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined; // A % without two digits after it.
  }
  if (segments.at(-1) === "") segments[segments.length - 1] = "index.html";
  // Hidden files, "." and ".." begin with a dot; a separator can only come from an escape.
  if (segments.some((segment) => segment === "" || /^\.|[/\\\0]/.test(segment))) return undefined;
  const path = await realPath(join(root, ...segments));
  if (path === undefined || !path.startsWith(root + sep)) return undefined; // A link may lead outside.
  return (await Deno.stat(path)).isFile ? path : undefined;
}

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch {
    return undefined;
  }
}

function refusal(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}
