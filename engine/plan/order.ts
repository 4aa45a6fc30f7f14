/**
 * The order of a program's steps. Where tensors live in textures, what a kernel writes must be copied before another
 * kernel can read it, and copies end a pass: each costs as much as several small dispatches. So steps are gathered into
 * stages, as few as their dependencies allow; all copies that a stage needs come before it.
 */
import { type Recorded, valuesBound } from "../recorder.ts";
import type { Value } from "../value.ts";

/** How many steps may overtake one that waits. Steps that run early keep their results alive for longer. */
const LOOKAHEAD = 24;

/**
 * Steps in stages such that no step reads what its own stage wrote and `staged` says is copied first. Within a stage,
 * and wherever one step depends on another, the order stays.
 */
export function inStages(steps: readonly Recorded[], staged: (value: Value) => boolean): Recorded[][] {
  const stages: Recorded[][] = [];
  for (let waiting = steps; waiting.length > 0;) {
    const { stage, rest } = nextStage(waiting, staged);
    stages.push(stage);
    waiting = rest;
  }
  return stages;
}

function nextStage(steps: readonly Recorded[], staged: (value: Value) => boolean) {
  const stage: Recorded[] = [];
  const rest: Recorded[] = [];
  /** Written in this stage and not copied yet. */
  const fresh = new Set<Value>();
  /** Reads and writes of the steps that wait. */
  const later = { reads: new Set<Value>(), writes: new Set<Value>() };
  for (const [i, step] of steps.entries()) {
    if (rest.length > LOOKAHEAD) {
      rest.push(...steps.slice(i));
      break;
    }
    const reads = valuesBound(step, "read", "update");
    const writes = valuesBound(step, "write", "update");
    const waits = reads.some((value) => fresh.has(value) || later.writes.has(value)) ||
      writes.some((value) => later.reads.has(value) || later.writes.has(value)) ||
      (rest.length > 0 && step.values.some((value) => value.origin.kind === "flat"));
    if (!waits) {
      stage.push(step);
      for (const value of writes) if (staged(value)) fresh.add(value);
    } else {
      rest.push(step);
      for (const value of reads) later.reads.add(value);
      for (const value of writes) later.writes.add(value);
      // A whole buffer of a set is every parameter at once: no step may overtake its use.
      if (step.values.some((value) => value.origin.kind === "flat")) {
        rest.push(...steps.slice(i + 1));
        break;
      }
    }
  }
  return { stage, rest };
}
