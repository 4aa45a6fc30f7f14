/**
 * Progress of long work: a bar with fields, rate and time left where the output is a terminal, plain lines now
 * and then where it is a file or a pipe. The cursor is never hidden and line wrapping never switched off, so a
 * process stopped at any moment, by Ctrl-C or harder, leaves a terminal as it found it.
 */
import process from "node:process";
import cliProgress from "cli-progress";

/** Where progress is written to; `process.stdout` and `process.stderr` are such streams. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What is to be done, and where to show it. */
export interface ProgressOptions {
  /** What the work is, such as "Epoch 3/20". */
  readonly label: string;
  /** How many units there are. */
  readonly total: number;
  /** What is counted, in the plural, such as "images". */
  readonly unit: string;
  /** Units already done before now, by a run that is resumed; 0 by default. */
  readonly start?: number;
  /** stderr by default. */
  readonly stream?: ProgressStream;
  /** Seconds between plain lines where the stream is no terminal; 10 by default. */
  readonly lineSeconds?: number;
  /** Seconds over which the rate is measured; 20 by default, more where units are few and take long. */
  readonly rateSeconds?: number;
  /** Milliseconds from any fixed moment; `performance.now` by default. */
  readonly now?: () => number;
}

/** Work under way. */
export interface Progress {
  /** Says that `done` units of the total are done, with the latest value of any fields. */
  update(done: number, fields?: Readonly<Record<string, string>>): void;
  /** Ends the display with a line: the summary, or the last state where there is none. */
  finish(summary?: string): void;
}

/** Seconds over which the rate is measured where nothing else is asked for: recent enough to forget a slow start. */
const RATE_SECONDS = 20;
/** A first unit that takes longer than this is not counted into the rate. */
const SETUP_SECONDS = 5;
/** Plain lines come at every tenth of the work, but no more often than this. */
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

/** Counts units and measures how fast they are done. */
class Meter {
  #options: ProgressOptions;
  #samples: { at: number; done: number }[];
  fields: Record<string, string> = {};

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#samples = [{ at: this.now(), done: options.start ?? 0 }];
  }

  now(): number {
    return (this.#options.now ?? performance.now.bind(performance))() / 1000;
  }

  get done(): number {
    return this.#samples.at(-1)!.done;
  }

  get share(): number {
    return this.#options.total > 0 ? Math.min(1, this.done / this.#options.total) : 1;
  }

  add(done: number, fields: Readonly<Record<string, string>>): void {
    const at = this.now();
    // What takes this long before the first unit is setting up, compiling kernels say, and tells nothing of the rate.
    if (this.#samples.length === 1 && at - this.#samples[0]!.at > SETUP_SECONDS) this.#samples.pop();
    this.#samples.push({ at, done });
    const since = at - (this.#options.rateSeconds ?? RATE_SECONDS);
    while (this.#samples.length > 2 && this.#samples[1]!.at <= since) this.#samples.shift();
    Object.assign(this.fields, fields);
  }

  /** Parts such as "loss 0.123", and "54.2 images/s" and "12 s left" where they are known. */
  parts(): { fields: string[]; pace: string[] } {
    const oldest = this.#samples[0]!, latest = this.#samples.at(-1)!;
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
 * The stream without "save" and "restore cursor": at its end the bar would jump back to where it began, over
 * whatever was printed since.
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
    // A line that wraps cannot be drawn over: the last fields give way.
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

function plainProgress(options: ProgressOptions, stream: ProgressStream): Progress {
  const meter = new Meter(options);
  const every = options.lineSeconds ?? 10;
  let lastAt = meter.now();
  let lastTenth = Math.floor(10 * meter.share);
  let lastLine: string | undefined;
  return {
    update(done, fields = {}) {
      meter.add(done, fields);
      const since = meter.now() - lastAt;
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
 * Shows the progress of some work until `finish` is called, which must happen on every way out: a bar keeps a
 * timer running.
 *
 * @param options what is done, in which units, and where to show it.
 */
export function progress(options: ProgressOptions): Progress {
  const stream = options.stream ?? process.stderr;
  return stream.isTTY === true ? terminalProgress(options, stream) : plainProgress(options, stream);
}
