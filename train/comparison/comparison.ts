/** Several networks on several datasets: their scores, and which differences between networks are real. */
import type { Protocol } from "../../data/protocol.ts";
import { pairedDifference } from "../../eval/paired_bootstrap.ts";
import type { RankingResult } from "../../eval/ranking.ts";
import type { Estimate } from "../../eval/verification/resampled_people.ts";

/** A network. */
export interface ComparedNetwork {
  /** Short, and different for each. */
  readonly name: string;
  /** Its file. */
  readonly path: string;
  /** Steps that it was trained for. */
  readonly step: number;
  /** Of the images that it takes. */
  readonly imageHeight: number;
  readonly imageWidth: number;
  /** Numbers of an embedding. */
  readonly embeddingSize: number;
  /** Weights that training changed, of the part that embeds. */
  readonly parameters: number;
  /** Bytes of these and of the running statistics, in f32. */
  readonly bytes: number;
  /** Seconds to embed an image: the median of full batches. */
  readonly secondsPerImage: number;
}

/** People of a dataset, and how many of them a network was trained on. */
export interface TrainedOn {
  readonly known: number;
  readonly all: number;
}

/** A network's result on a dataset. */
export interface ComparedScores {
  /** The network's name. */
  readonly network: string;
  /** The dataset's name. */
  readonly data: string;
  readonly protocol: Protocol;
  readonly scores: RankingResult;
  /** Of each query, NaN for one without a right match; with the query's person. */
  readonly precisions: readonly number[];
  readonly persons: readonly number[];
  /** Of the people to train on and of those of the test; undefined where the network's file does not say. */
  readonly trainedOn: { readonly training: TrainedOn; readonly test: TrainedOn } | undefined;
}

/** The difference of two networks on a dataset. */
export interface ComparedPair {
  readonly data: string;
  readonly first: string;
  readonly second: string;
  /** mAP of the first minus that of the second, from −1 to 1. */
  readonly difference: Estimate;
  /** Whether the interval is on one side of 0. */
  readonly isReal: boolean;
}

/** All results. */
export interface Comparison {
  readonly networks: readonly ComparedNetwork[];
  readonly datasets: readonly string[];
  /** One for each network and dataset. */
  readonly scores: readonly ComparedScores[];
  readonly pairs: readonly ComparedPair[];
  /** The GPU. */
  readonly adapter: string;
  /** Whether embeddings are averaged over mirror images. */
  readonly testFlip: boolean;
  /** Of the resampled people. */
  readonly seed: number;
}

/** The differences of all pairs of networks, dataset by dataset. */
export function comparePairs(scores: readonly ComparedScores[], seed: number): ComparedPair[] {
  return [...Map.groupBy(scores, ({ data }) => data).values()].flatMap((list) =>
    list.flatMap((first, i) =>
      list.slice(i + 1).map((second): ComparedPair => {
        const difference = pairedDifference(first.precisions, second.precisions, first.persons, seed);
        const isReal = difference.low > 0 || difference.high < 0;
        return { data: first.data, first: first.network, second: second.network, difference, isReal };
      })
    )
  );
}

/** The result of a network on a dataset. */
export function scoresOf({ scores }: Comparison, network: string, data: string): ComparedScores {
  const found = scores.find((one) => one.network === network && one.data === data);
  if (found === undefined) throw new Error(`${network} was not scored on ${data}`);
  return found;
}

/** A dataset's name, with its protocol where that is the easier one: "people (same-camera)". */
export function dataTitle({ scores }: Pick<Comparison, "scores">, data: string): string {
  const isSameCamera = scores.some((one) => one.data === data && one.protocol === "same-camera");
  return isSameCamera ? `${data} (same-camera)` : data;
}

/** The mark behind scores: † for people of the test in training, * for those to train on, ? where that is not known. */
export function markOf({ trainedOn }: ComparedScores): string {
  if (trainedOn === undefined) return "?";
  return trainedOn.test.known > 0 ? "†" : trainedOn.training.known > 0 ? "*" : "";
}

/** What the marks mean, of those that occur. */
export function markNotes({ scores }: Pick<Comparison, "scores">): string[] {
  const marks = new Set(scores.map(markOf));
  return [
    ["†", "people of this test were in the network's training: the score says little about others"],
    ["*", "the network was trained on people of this dataset, and on none of its test"],
    ["?", "the network's file does not say whom it was trained on"],
  ].flatMap(([mark = "", meaning = ""]) => marks.has(mark) ? [`${mark} ${meaning}.`] : []);
}
