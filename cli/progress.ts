/**
 * Progress of long work: on a terminal a bar with fields, rate and time left; in a file or a pipe, plain lines from time
 * to time. It neither hides the cursor nor switches line wrapping off, so a process that is stopped at any moment leaves
 * the terminal unchanged.
 */
import process from "node:process";
import cliProgress from "cli-progress";

/** A stream for progress, such as `process.stdout` and `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Options of a progress display. */
export interface ProgressOptions {
  /** The name of the work, such as "Epoch 3/20". */
  readonly label: string;
  /** How many units there are. */
  readonly total: number;
  /** The unit in the plural, such as "images". */
  readonly unit: string;
  /** Units done before, by a run that is resumed; 0 by default. */
  readonly start?: number;
  /** When the work began, as `now` gives it; by default at this call. */
  readonly startedAt?: number;
  /** stderr by default. */
  readonly stream?: ProgressStream;
  /** Seconds between plain lines; by default {@link LINE_SECONDS}. */
  readonly lineSeconds?: number;
  /** Seconds over which the rate is measured; 20 by default. Use more if each unit takes long. */
  readonly rateSeconds?: number;
  /** Milliseconds from any fixed moment; `performance.now` by default. */
  readonly now?: () => number;
}

/** A progress display. */
export interface Progress {
  /** Shows that `done` units of the total are done, with the latest values of fields. */
  update(done: number, fields?: Readonly<Record<string, string>>): void;
  /** Ends the display with a line: the summary, or by default the last state. */
  finish(summary?: string): void;
}

/** Default of `rateSeconds`: recent enough to exclude a slow start. */
const RATE_SECONDS = 20;
/** A first unit that takes more seconds than this does not count for the rate. */
const SETUP_SECONDS = 5;
/** Seconds between plain lines: somebody watches at first; the lines of a long work fill a file. */
const LINE_SECONDS = { first: 1.5, later: 10, changeAfter: 300 };
/** Least seconds between plain lines, which also come at every tenth of the work. */
const LEAST_SECONDS_BETWEEN_LINES = 1;

/** Seconds as "42 s", "3 min 05 s" or "2 h 07 min". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A rate with three significant digits: "0.43", "12.5", "1,250". */
function formatRate(rate: number): string {
  return rate.toLocaleString("en", {
    maximumSignificantDigits: Math.max(3, Math.ceil(Math.log10(rate + 1))),
  });
}

/** Counts units and measures their rate. */
class Meter {
  #options: ProgressOptions;
  #latest: { at: number; done: number };
  #samples: { at: number; done: number }[];
  fields: Record<string, string> = {};

  constructor(options: ProgressOptions) {
    this.#options = options;
    const { startedAt } = options;
    this.#latest = { at: startedAt === undefined ? this.now() : startedAt / 1000, done: options.start ?? 0 };
    this.#samples = [this.#latest];
  }

  now(): number {
    return (this.#options.now ?? performance.now.bind(performance))() / 1000;
  }

  /** When the latest units were done, in seconds. */
  get at(): number {
    return this.#latest.at;
  }

  get done(): number {
    return this.#latest.done;
  }

  get share(): number {
    return this.#options.total > 0 ? Math.min(1, this.done / this.#options.total) : 1;
  }

  add(done: number, fields: Readonly<Record<string, string>>): void {
    const at = this.now();
    // A first unit that takes this long includes setup, such as compiling kernels, which does not count for the rate.
    if (this.#samples.length === 1 && at - this.#latest.at > SETUP_SECONDS) this.#samples.pop();
    this.#latest = { at, done };
    this.#samples.push(this.#latest);
    const since = at - (this.#options.rateSeconds ?? RATE_SECONDS);
    const recent = this.#samples.findLastIndex((sample) => sample.at <= since);
    this.#samples.splice(0, Math.min(recent, this.#samples.length - 2));
    Object.assign(this.fields, fields);
  }

  /** Parts such as "loss 0.123"; "54.2 images/s" and "12 s left" if known. */
  parts(): { fields: string[]; pace: string[] } {
    const latest = this.#latest, [oldest = latest] = this.#samples;
    const fields = Object.entries(this.fields).map(([name, value]) => `${name} ${value}`);
    const pace: string[] = [];
    const rate = (latest.done - oldest.done) / (latest.at - oldest.at);
    if (Number.isFinite(rate) && rate > 0) {
      const left = Math.max(0, this.#options.total - latest.done) / rate;
      pace.push(`${formatRate(rate)} ${this.#options.unit}/s`);
      if (left > 0) pace.push(`${formatSeconds(left)} left`);
    }
    return { fields, pace };
  }

  count(): string {
    const { total, unit } = this.#options;
    return `${Math.floor(100 * this.share)} % (${this.done.toLocaleString("en")} of ` +
      `${total.toLocaleString("en")} ${unit})`;
  }

  line(): string {
    const { fields, pace } = this.parts();
    return [`${this.#options.label}: ${this.count()}`, ...fields, ...pace].join(" | ");
  }
}

function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/**
 * The stream without "save" and "restore cursor", with which the bar would return at its end to its first line and
 * overwrite the lines after it.
 */
function withoutJumps(stream: ProgressStream): ProgressStream {
  return {
    isTTY: true,
    columns: stream.columns ?? 80,
    write: (text) => {
      // deno-lint-ignore no-control-regex
      const kept = text.replace(/\x1b[78]/g, "");
      return kept === "" ? true : stream.write(kept);
    },
  };
}

function terminalProgress(options: ProgressOptions, stream: ProgressStream): Progress {
  const meter = new Meter(options);
  const format = () => {
    const state = `${String(Math.floor(100 * meter.share)).padStart(3)} %`;
    const { fields, pace } = meter.parts();
    // A line that wraps cannot be overwritten, so a narrow terminal shows fewer fields.
    const width = (stream.columns ?? 80) - 1;
    const head = `${options.label} ${bar(meter.share, width < 79 ? 10 : 20)} ${state}`;
    const line = () => [head, ...fields, ...pace].join(" | ");
    while (fields.length > 0 && line().length > width) fields.pop();
    return line().slice(0, width);
  };
  const display = new cliProgress.SingleBar({
    format,
    stream: withoutJumps(stream) as NodeJS.WritableStream,
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
    clearOnComplete: true,
  });
  display.start(options.total, options.start ?? 0);
  return {
    update(done, fields = {}) {
      meter.add(done, fields);
      display.update(done);
    },
    finish(summary) {
      display.stop();
      stream.write(`${summary ?? meter.line()}\n`);
    },
  };
}

/** Shows progress in plain lines, from time to time. */
export function plainProgress(options: ProgressOptions, stream: ProgressStream): Progress {
  const meter = new Meter(options);
  const start = meter.at;
  let lastAt = start;
  let lastTenth = Math.floor(10 * meter.share);
  let lastLine: string | undefined;
  return {
    update(done, fields = {}) {
      meter.add(done, fields);
      const since = meter.now() - lastAt;
      const { first, later, changeAfter } = LINE_SECONDS;
      const every = options.lineSeconds ?? (meter.now() - start < changeAfter ? first : later);
      const tenth = Math.floor(10 * meter.share);
      if (since < every && (tenth === lastTenth || since < LEAST_SECONDS_BETWEEN_LINES)) return;
      lastLine = meter.line();
      stream.write(`${lastLine}\n`);
      lastAt = meter.now();
      lastTenth = tenth;
    },
    finish(summary) {
      const line = summary ?? meter.line();
      if (line !== lastLine) stream.write(`${line}\n`);
    },
  };
}

/**
 * Shows the progress of some work until `finish` is called. Always call it, as a bar runs a timer.
 */
export function progress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr;
  return stream.isTTY === true ? terminalProgress(options, stream) : plainProgress(options, stream);
}

/** Does work with a progress display, from its first update to its end. */
export async function withProgress<T>(
  label: string,
  unit: string,
  work: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  let shown: Progress | undefined;
  try {
    return await work((done, total) => {
      shown ??= progress({ label, total, unit });
      shown.update(done);
    });
  } finally {
    shown?.finish();
  }
}
