/** Summarizes seeds: means, standard deviations, and differences to the base. */
import type { CameraGroup } from "../../eval/camera_groups.ts";
import { keysOf } from "../../model/settings.ts";
import type { CellResult, Scoring } from "./cell.ts";

/** A row of the grid with the cells that are finished. */
export interface AblationRow {
  readonly name: string;
  readonly change: string;
  readonly source: string;
  readonly scoring: Scoring;
  /** One for each finished seed. */
  readonly cells: readonly CellResult[];
}

/** Some values of one quantity. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (n − 1); NaN for a single value. */
  readonly deviation: number;
  readonly values: readonly number[];
}

/** A row's scores on one group of cameras, each from 0 to 1. */
export interface GroupSummary {
  readonly rank1: Spread;
  readonly mAP: Spread;
  /** Mean mAP minus that of the base, the first row. */
  readonly gain: number;
}

/** A row of the table. */
export interface RowSummary extends Omit<AblationRow, "cells"> {
  readonly seeds: number;
  readonly groups: ReadonlyMap<CameraGroup["name"], GroupSummary>;
  readonly images: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

/** Mean and sample standard deviation. */
export function spread(values: readonly number[]): Spread {
  const mean = average(values);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)), values };
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The rows that have a finished cell. Gains are relative to the first of `rows`; they are NaN until it has one. */
export function summarize(rows: readonly AblationRow[]): RowSummary[] {
  const [base] = rows;
  const scoresOf = (row: Pick<AblationRow, "scoring">, cell: CellResult, name: CameraGroup["name"]) => {
    const scores = cell.scores[row.scoring][name];
    if (scores === undefined) throw new Error(`A run has no scores of ${name}`);
    return scores;
  };
  return rows.filter(({ cells }) => cells.length > 0).map(({ cells, ...row }) => {
    const names = keysOf(cells[0]?.scores[row.scoring] ?? {});
    const groups = names.map((name) => {
      const scores = cells.map((cell) => scoresOf(row, cell, name));
      const mAP = spread(scores.map((score) => score.mAP));
      const baseMAP = average(base?.cells.map((cell) => scoresOf(base, cell, name).mAP) ?? []);
      return [name, {
        rank1: spread(scores.map(({ rank1 }) => rank1)),
        mAP,
        gain: mAP.mean - baseMAP,
      }] as const;
    });
    return {
      ...row,
      seeds: cells.length,
      groups: new Map(groups),
      images: average(cells.map(({ images }) => images)),
      wallSeconds: average(cells.map(({ wallSeconds }) => wallSeconds)),
      cpuSeconds: average(cells.map(({ cpuSeconds }) => cpuSeconds)),
    };
  });
}
