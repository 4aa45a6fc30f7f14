/** Times a task: opens all peers one after another, then runs them in turns (A B C A B C), never two at once. */
import { EngineError, median } from "../../engine/mod.ts";
import type { GpuUse } from "./gpu_meter.ts";
import { type Opened, type Run, shortened } from "./messages.ts";
import { OURS, type Peer } from "./peer.ts";
import { PeerProcess } from "./peer_process.ts";
import type { Task } from "./scenario.ts";

/** How a task is timed. */
export interface Rounds {
  readonly rounds: number;
  /** Threads that each library may use. */
  readonly threads: number;
  /** Called with the next action, for a line of progress. */
  readonly onProgress: (what: string) => void;
}

/** The outcome of a peer. */
export type Outcome = Timed | Refused;

/** A peer that ran. */
export interface Timed {
  readonly kind: "timed";
  readonly peer: Peer;
  readonly threads: number;
  readonly opened: Opened;
  readonly runs: readonly Run[];
  /** Milliseconds of a run, without the first. */
  readonly median: number;
  /** CPU milliseconds of a run, all threads added up; other work on the machine affects these least. */
  readonly cpuMedian: number;
  readonly gpu: GpuUse;
}

/** A peer that failed, and its message. */
export interface Refused {
  readonly kind: "refused";
  readonly peer: Peer;
  readonly said: string;
}

/** Milliseconds that a turn should take; a slower run is a whole turn. */
const TURN = 1000;
/** A peer whose first turn takes longer gets only two rounds. */
const SLOW = 10_000;
const SLOW_ROUNDS = 2;
/** Timeouts of a peer in milliseconds; the first run compiles. */
const OPEN_LIMIT = 300_000;
const TURN_LIMIT = 180_000;

/** Times one task of the given peers. @throws {EngineError} if this engine, the baseline, does not run. */
export async function timeTask(task: Task, peers: readonly Peer[], how: Rounds): Promise<Outcome[]> {
  const racers: Racer[] = [];
  const refused: Refused[] = [];
  try {
    for (const peer of peers) {
      const cannot = peer.cannot[task.name];
      if (cannot !== undefined) {
        refused.push({ kind: "refused", peer, said: cannot });
        continue;
      }
      how.onProgress(`opens ${peer.key}`);
      const racer = new Racer(peer, task, Math.min(how.threads, peer.threads ?? Infinity));
      racers.push(racer);
      await racer.open();
      if (peer === OURS && racer.said !== undefined) oursOf([racer.outcome()]);
    }
    for (let round = 0; round < how.rounds; round++) {
      for (const racer of racers) {
        if (!racer.takesPart(round)) continue;
        how.onProgress(`round ${round + 1} of ${how.rounds}: ${racer.peer.key}`);
        await racer.turn();
      }
    }
    return [...racers.map((racer) => racer.outcome()), ...refused]
      .sort((a, b) => peers.indexOf(a.peer) - peers.indexOf(b.peer));
  } finally {
    await Promise.all(racers.map((racer) => racer.end()));
  }
}

/** A peer during the rounds. */
class Racer {
  readonly #process: PeerProcess;
  #opened: Opened | undefined;
  /** The message of the error that ended it. */
  said: string | undefined;
  #gpu: GpuUse | undefined;
  #slow = false;
  readonly #runs: Run[] = [];

  constructor(readonly peer: Peer, task: Task, readonly threads: number) {
    this.#process = new PeerProcess(peer, task, threads);
  }

  async open(): Promise<void> {
    const answer = await this.#process.opened(OPEN_LIMIT);
    if (answer.kind === "failed") await this.#giveUp(answer.message);
    else this.#opened = answer;
  }

  takesPart(round: number): boolean {
    return this.said === undefined && !(this.#slow && round >= SLOW_ROUNDS);
  }

  async turn(): Promise<void> {
    const answer = await this.#process.turn(TURN, TURN_LIMIT);
    if (answer.kind === "failed") return await this.#giveUp(answer.message);
    this.#runs.push(...answer.runs);
    this.#gpu = answer.gpu;
    this.#slow = answer.runs[0].milliseconds > SLOW;
  }

  outcome(): Outcome {
    const { peer, threads } = this;
    if (this.said !== undefined) {
      return { kind: "refused", peer, said: this.said };
    }
    const runs = this.#runs;
    return {
      kind: "timed",
      peer,
      threads,
      opened: this.#opened!,
      runs,
      median: median(runs.map((run) => run.milliseconds)),
      cpuMedian: median(runs.map((run) => run.cpuMilliseconds)),
      gpu: this.#gpu!,
    };
  }

  async end(): Promise<void> {
    await this.#process.end();
  }

  /** Drops its turns so far: times from before a crash are not comparable. */
  async #giveUp(message: string): Promise<void> {
    this.said = shortened(message);
    await this.end();
  }
}

/** This engine's outcome of a task. @throws {EngineError} if it did not run. */
export function oursOf(outcomes: readonly Outcome[]): Timed {
  const ours = outcomes.find(({ peer }) => peer === OURS)!;
  if (ours.kind === "refused") {
    throw new EngineError(`This engine did not run: ${ours.said}`);
  }
  return ours;
}
