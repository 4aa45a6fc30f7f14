/**
 * Fetches a file whole or not at all: it grows under a temporary name, and a download that was stopped goes on from there
 * if the server says that the file is still the same.
 */
import { dirname } from "node:path";
import { messageOf } from "../../data/errors.ts";
import { RunError } from "../../train/errors.ts";
import { syncFolder, writeWhole } from "../../train/write_whole.ts";
import { formatSeconds, progress } from "../progress.ts";

/** Weights are read into memory whole; these take some 14 MB. */
const MOST_BYTES = 2 ** 31;
/** Seconds without a byte after which a server counts as silent. */
const SILENT_SECONDS = 60;
/** What the fetched part and the facts about it are called. */
const PART = ".part", FACTS = ".part.json";

/** Settings of a download. */
export interface DownloadOptions {
  /** Most bytes of the file. */
  readonly mostBytes?: number;
  /** Seconds without a byte after which it fails. */
  readonly silentSeconds?: number;
}

/**
 * Fetches a URL into a file, and makes its folder.
 *
 * @throws {RunError} when there is no connection, the answer is an error, the file is too large, or the body ends early.
 */
export async function download(url: URL, path: string, options: DownloadOptions = {}): Promise<void> {
  const { mostBytes = MOST_BYTES, silentSeconds = SILENT_SECONDS } = options;
  const file = await openPart(path + PART);
  const silence = new Silence(url, silentSeconds);
  let done = 0;
  try {
    const answer = await request(url, file, path + FACTS, silence.signal);
    const total = totalOf(answer.response, answer.begin);
    if (total !== undefined && total > mostBytes) throw tooLarge(url, total, mostBytes);
    await keepFacts(path + FACTS, answer.response);
    done = await receive(url, answer, file, { total, mostBytes, silence });
    if (total !== undefined && done !== total) {
      throw cutOff(url, `after ${megabytes(done)} of ${megabytes(total)}`);
    }
    await file.sync();
  } catch (error) {
    if (error instanceof RunError) throw error;
    if (silence.signal.aborted) {
      throw cutOff(url, `as the server sent nothing for ${formatSeconds(silentSeconds)}`);
    }
    throw new RunError(
      `${shown(url)} cannot be fetched: ${causeOf(error)}. Check the address and the connection.`,
    );
  } finally {
    silence.end();
    const { size } = await file.stat();
    file.close();
    if (size === 0 && done === 0) await Deno.remove(path + PART).catch(() => {}); // There is nothing to go on from.
  }
  await Deno.rename(path + PART, path);
  await syncFolder(path);
  await Deno.remove(path + FACTS).catch(() => {});
}

/** A URL in messages: without a password. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** Aborts when nothing came for some time. */
class Silence {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly url: URL, readonly seconds: number) {
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), 1000 * this.seconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The file that grows; another process may be at it. */
async function openPart(path: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    file = await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw new RunError(`${path} cannot be written (${messageOf(error)}). Choose another --cache.`);
  }
  if (file.tryLockSync(true)) return file;
  file.close();
  throw new RunError(`Another process is fetching ${dirname(path)} at the moment. Wait until it has ended.`);
}

interface Answer {
  readonly response: Response;
  /** Bytes that are in the file already. */
  readonly begin: number;
}

/** Asks for the file, or for what is missing of it. */
async function request(url: URL, file: Deno.FsFile, facts: string, signal: AbortSignal): Promise<Answer> {
  const begin = (await file.stat()).size;
  const validator = begin === 0 ? undefined : await readValidator(facts);
  if (validator !== undefined) {
    const headers = { "accept-encoding": "identity", "range": `bytes=${begin}-`, "if-range": validator };
    const response = checked(url, await fetch(url, { headers, signal }), [206, 416]);
    if (response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${begin}-`)) {
      await file.seek(begin, Deno.SeekMode.Start);
      return { response, begin };
    }
    if (response.status === 200) return await fromTheStart(response, file);
    await response.body?.cancel();
  }
  const response = await fetch(url, { headers: { "accept-encoding": "identity" }, signal });
  return await fromTheStart(checked(url, response, []), file);
}

async function fromTheStart(response: Response, file: Deno.FsFile): Promise<Answer> {
  await file.truncate(0);
  await file.seek(0, Deno.SeekMode.Start);
  return { response, begin: 0 };
}

/** @throws {RunError} for any status but 200 and those that are expected, and after a redirect from https to http. */
function checked(url: URL, response: Response, expected: readonly number[]): Response {
  const { status, statusText } = response;
  if (url.protocol === "https:" && new URL(response.url).protocol !== "https:") {
    throw new RunError(
      `${shown(url)} leads to ${response.url}, which is not encrypted. Give an address of https.`,
    );
  }
  if (status === 200 || expected.includes(status)) return response;
  const remedy = status === 404 || status === 410
    ? "Check the address."
    : status === 401 || status === 403
    ? "Download the file with a browser, and give its path."
    : "Try again later.";
  throw new RunError(
    `${shown(url)} answers ${`${status} ${statusText}`.trim()} instead of a file. ${remedy}`,
  );
}

/** Bytes of the whole file, where the server says it. */
function totalOf({ headers, status }: Response, begin: number): number | undefined {
  if (status === 206) {
    const [, total] = /\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (total !== undefined) return Number(total);
  }
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  return length === null ? undefined : begin + Number(length);
}

/** What says that a file on the server is the same: its strong ETag, or its date. */
async function readValidator(facts: string): Promise<string | undefined> {
  try {
    const { validator }: { validator?: unknown } = JSON.parse(await Deno.readTextFile(facts));
    return typeof validator === "string" ? validator : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the validator before the first byte, so that no part is without it. */
async function keepFacts(facts: string, { headers, status }: Response): Promise<void> {
  if (status === 206) return;
  const tag = headers.get("etag");
  const validator = tag !== null && !tag.startsWith("W/") ? tag : headers.get("last-modified");
  if (validator === null) await Deno.remove(facts).catch(() => {});
  else await writeWhole(facts, JSON.stringify({ validator }));
}

/** Writes the body into the file, with progress. Returns the bytes of the whole file. */
async function receive(
  url: URL,
  { response, begin }: Answer,
  file: Deno.FsFile,
  { total, mostBytes, silence }: { total: number | undefined; mostBytes: number; silence: Silence },
): Promise<number> {
  const label = `Fetching ${url.pathname.split("/").at(-1) || url.host}`;
  const [unit, one] = total !== undefined && total < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  const tenths = (bytes: number) => Math.round(10 * bytes / one) / 10;
  const display = total === undefined
    ? undefined
    : progress({ label, total: tenths(total), start: tenths(begin), unit });
  if (display === undefined) console.error(`${label}: the server does not say how large it is`);
  let done = begin;
  try {
    for await (const piece of response.body ?? []) {
      silence.heard();
      done += piece.length;
      if (done > mostBytes) throw tooLarge(url, done, mostBytes);
      await writeAll(file, piece);
      display?.update(tenths(done));
    }
  } finally {
    display?.finish();
  }
  return done;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  } catch (error) {
    throw new RunError(
      `The download cannot be written (${messageOf(error)}). Make room, or choose another --cache.`,
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function tooLarge(url: URL, bytes: number, most: number): RunError {
  return new RunError(
    `${shown(url)} has ${megabytes(bytes)} or more, and files of weights are read up to ${
      megabytes(most)
    }: it is no ` +
      "MobileNetV2. Give the address of one.",
  );
}

function cutOff(url: URL, when: string): RunError {
  return new RunError(`${shown(url)}: the connection ended ${when}. Run the same command again.`);
}

/** The innermost reason of a failed fetch. */
function causeOf(error: unknown): string {
  const message = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
  return message.replace(/^error sending request for url \([^)]*\):? ?/, "").replace(
    /^client error \(\w+\): /,
    "",
  ) || message;
}
