/**
 * The run, in a separate thread, so that the page responds while this thread draws pictures and the GPU computes. It
 * executes the page's commands between steps.
 */
import { messageOf } from "../../../data/errors.ts";
import { Device, DeviceLostError, NoAdapterError } from "../../../mod.ts";
import type { Command, FailureKind, Report } from "./messages.ts";
import { drawPeople, type People } from "./people.ts";
import { TrainingSession } from "./session.ts";

/** Steps from one test on unseen people to the next. */
const SCORE_EVERY = 20;

/** Training pictures of each person by each camera. */
const EACH = 2;

/** People to test on; their numbers are above those of all training people. */
const UNSEEN = { first: 1000, count: 16, each: 1 };

/** Progress of the drawing between two reports. */
const REPORT_EVERY = 0.02;

const commands: Command[] = [];
let wake: (() => void) | undefined;
let running = false;
let device: Device | undefined;
let session: TrainingSession | undefined;
let unseen: People | undefined;

self.onmessage = ({ data }: MessageEvent<Command>) => {
  commands.push(data);
  wake?.();
};

function report(message: Report, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

/** Reports a failure and ends the session, until the next reset. */
function fail(kind: FailureKind, text: string): void {
  running = false;
  session?.destroy();
  session = undefined;
  report({ is: "failure", kind, text });
}

async function openDevice(): Promise<Device> {
  if (device?.failure) {
    device.destroy();
    device = undefined;
  }
  device ??= await Device.open();
  return device;
}

async function execute(command: Command): Promise<void> {
  switch (command.do) {
    case "reset": {
      running = false;
      session?.destroy();
      session = undefined;
      const opened = await openDevice();
      let reported = 0;
      const cast = { first: 0, count: command.settings.people, each: EACH };
      const people = drawPeople(cast, (share) => {
        if (share < reported + REPORT_EVERY && share < 1) return;
        reported = share;
        report({ is: "drawing", share });
      });
      report({ is: "people", pictures: people.pictures, identity: people.identity });
      report({ is: "preparing", adapter: opened.adapter.name, software: opened.adapter.software });
      session = await TrainingSession.open(opened, people, command.settings);
      return;
    }
    case "change":
      await session?.change(command.settings);
      return;
    case "run":
      running = session !== undefined;
      if (running) report({ is: "running" });
      return;
    case "pause":
      running = false;
      return;
    case "step":
      running = false;
      await step();
  }
}

async function step(): Promise<void> {
  if (!session) return;
  const begin = performance.now();
  const view = await session.step();
  if (!Number.isFinite(view.loss)) {
    const text =
      `At step ${view.step} the loss is ${view.loss}, no longer a finite number: the weights have grown too ` +
      "large. Lower the learning rate and press Reset.";
    return fail("non-finite", text);
  }
  report({ is: "step", view, seconds: (performance.now() - begin) / 1000 });
  if (view.step % SCORE_EVERY !== 0) return;
  report({ is: "scoring" });
  unseen ??= drawPeople(UNSEEN, () => {});
  report({ is: "score", score: await session.score(unseen) });
}

for (;;) {
  try {
    const command = commands.shift();
    if (command) await execute(command);
    else if (running) await step();
    else {
      if (session) report({ is: "ready", step: session.steps });
      await new Promise<void>((resolve) => wake = resolve);
      wake = undefined;
    }
  } catch (error) {
    const kind = error instanceof NoAdapterError
      ? "no-adapter"
      : error instanceof DeviceLostError
      ? "lost"
      : "other";
    fail(kind, messageOf(error));
  }
}
