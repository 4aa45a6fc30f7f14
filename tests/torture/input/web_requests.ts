/** Requests of every kind to the server of `deno task web`, for paths inside and outside its folder. */
import { join } from "node:path";
import { respond } from "../../../web/serve.ts";
import { type SeededRandom, seededRandom } from "../../reference/seeded_random.ts";
import type { Torture } from "../torture.ts";
import { pick } from "./malformed_safetensors.ts";

/** The content of files outside the folder and of hidden files. */
const SECRET = "not to be seen";

/** Files of the site, with unusual names. */
const FILES = [
  "index.html",
  "search.js",
  "pictures/index.html",
  "pictures/<script>alert(1)<script>.jpg",
  'pictures/" onerror=x.png',
  "pictures/é 人%41.jpg",
  "pictures/a..b.jpg",
  "pictures/x..jpg",
];

/** Pieces of URLs. */
const PIECES = [
  ...". .. ... %2e %2e%2e .%2e %2f %5c .%5c %00 %0a %0d%0aset-cookie:a=b % %zz %ff %c0%ae%c0%ae %u002e ; ? # // \\"
    .split(" "),
  ..."site secret.txt .hidden .git outside.txt up etc passwd C: con index.html pictures search.js <script>"
    .split(" "),
  "a".repeat(5000),
];

const HOSTS = [
  ..."127.0.0.1 127.0.0.1:8000 localhost LOCALHOST localhost. 127.1 2130706433 0x7f.1 [::1] 0.0.0.0 10.0.0.1"
    .split(" "),
  ..."127.0.0.1.example localhost.example example user@127.0.0.1 127.0.0.1@example".split(" "),
];

const METHODS = [
  "GET",
  "GET",
  "GET",
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "PROPFIND",
  "get",
];

const HEADERS = [
  ["if-none-match", "*"],
  ["if-none-match", '"'.repeat(1000)],
  ["range", "bytes=0-"],
  ["range", "bytes=-1,0-0,9-"],
  ["x-forwarded-host", "example"],
  ["x-original-url", "/../secret.txt"],
  ["accept", "<script>"],
] as const;

/** Creates the site, secret files around it and links to them; returns the content of each file of the site. */
async function makeSite(folder: string): Promise<Map<string, string>> {
  const root = join(folder, "site");
  await Deno.mkdir(join(root, "pictures"), { recursive: true });
  await Deno.mkdir(join(root, ".git"));
  for (const path of ["secret.txt", "site/.hidden", "site/.git/config", "site-2.txt"]) {
    await Deno.writeTextFile(join(folder, path), SECRET);
  }
  await Deno.symlink(join(folder, "secret.txt"), join(root, "outside.txt"));
  await Deno.symlink(folder, join(root, "up"));
  await Deno.symlink(join(root, "circle"), join(root, "circle"));
  const files = new Map(FILES.map((path) => [path, `this is ${path}`]));
  for (const [path, text] of files) await Deno.writeTextFile(join(root, path), text);
  return files;
}

function randomPath(random: SeededRandom): string {
  if (random.integer(4) === 0) return pick(random, FILES).split("/").map(encodeURIComponent).join("/");
  const piece = () => random.integer(4) === 0 ? pick(random, FILES) : pick(random, PIECES);
  return Array.from({ length: 1 + random.integer(4) }, piece).join(pick(random, ["/", "/", ""]));
}

/** The torture. */
export const torture: Torture = {
  promise:
    "Whatever the request, the web server sends only files of its folder, only under this machine's host names, and always with its strict headers",
  async run({ short, seed, say, progress }) {
    const trials = short ? 5000 : 100_000;
    const random = seededRandom(seed);
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "site-" }));
    const root = join(folder, "site");
    const statuses = new Map<number, number>();
    let [done, wrong] = [0, 0];
    try {
      const files = await makeSite(folder);
      while (done < trials) {
        const address = `http://${pick(random, random.integer(3) === 0 ? HOSTS : HOSTS.slice(0, 2))}/${
          randomPath(random)
        }`;
        const method = pick(random, METHODS);
        let request: Request;
        try {
          const headers = random.integer(4) === 0 ? [pick(random, HEADERS)] : [];
          request = new Request(address, { method, headers: headers.map(([name, value]) => [name, value]) });
        } catch {
          continue; // No client can send this request.
        }
        done++;
        const { status, fault } = await tried(root, request, files);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (fault !== undefined && ++wrong < 20) say(`${method} ${address.slice(0, 200)}: ${fault}`);
        if (done % 500 === 0) progress(done, trials);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    const figures = [...statuses].sort().map(([status, count]) => `${status} ${count}`).join(", ");
    return { trials: done, losses: 0, hangs: 0, wrong, figures };
  },
};

async function tried(
  root: string,
  request: Request,
  files: ReadonlyMap<string, string>,
): Promise<{ status: number; fault?: string | undefined }> {
  try {
    const response = await respond(root, request);
    return { status: response.status, fault: faultOf(request, response, await response.text(), files) };
  } catch (error) {
    return { status: 500, fault: `it throws ${error}` };
  }
}

/** Describes what is wrong with a response, or returns undefined. */
function faultOf(
  { method, url }: Request,
  { status, headers }: Response,
  text: string,
  files: ReadonlyMap<string, string>,
): string | undefined {
  if (text.includes(SECRET)) return "a secret file is sent";
  for (const [name, value] of [["x-content-type-options", "nosniff"], ["referrer-policy", "no-referrer"]]) {
    if (headers.get(name!) !== value) return `no ${name}`;
  }
  const policy = headers.get("content-security-policy") ?? "";
  if (!policy.startsWith("default-src 'none'") || /unsafe-inline|\*/.test(policy)) {
    return `the policy is ${policy}`;
  }
  const { hostname, pathname } = new URL(url);
  const own = hostname === "127.0.0.1" || hostname === "localhost";
  const reads = method === "GET" || method === "HEAD";
  if (status === 421 || !own) return status === 421 && !own ? undefined : `${status} for ${hostname}`;
  if (status === 405 || !reads) return status === 405 && !reads ? undefined : `${status} for ${method}`;
  const file = fileNamed(pathname, files);
  if (file === undefined) {
    if (status !== 404) return `${status} for a missing file`;
    return method === "HEAD" || text === "There is no such page\n" ? undefined : `the text is ${text}`;
  }
  if (status !== 200) return `${status} for ${file}`;
  if (text !== (method === "HEAD" ? "" : files.get(file))) return `another text for ${file}`;
  return /^(text\/(html|javascript); charset=utf-8|image\/(jpeg|png))$/.test(
      headers.get("content-type") ?? "",
    )
    ? undefined
    : `the type is ${headers.get("content-type")}`;
}

/** The file that a URL names, found without the server's code. */
function fileNamed(pathname: string, files: ReadonlyMap<string, string>): string | undefined {
  for (const name of files.keys()) {
    const address = `/${name.split("/").map(encodeURIComponent).join("/")}`;
    try {
      const meant = decodeURIComponent(pathname.replace(/\/$/, "/index.html"));
      // An escaped slash is part of a name; no file of the site has one.
      if (!/%2f/i.test(pathname) && meant === decodeURIComponent(address)) return name;
    } catch {
      return undefined;
    }
  }
  return undefined;
}
