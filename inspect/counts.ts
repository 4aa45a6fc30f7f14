/** What a dataset consists of: images by part, camera and person; sizes, brightness and sharpness. */
import { cameraName, countIdentities, identityName, type ReidDataset } from "../data/dataset.ts";
import { itemAt } from "../engine/item_at.ts";
import type { InspectedImage, Part } from "./read_images.ts";

/** Some values of one quantity: the smallest, those below which lie 5, 50 and 95 per cent, and the largest. */
export interface Quantiles {
  readonly min: number;
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** The images of a part of the dataset. */
export interface PartCounts {
  readonly part: Part;
  readonly images: number;
  readonly people: number;
  readonly cameras: number;
}

/** The images by one camera. */
export interface CameraCounts {
  readonly camera: string;
  readonly images: number;
  readonly people: number;
  readonly height: number;
  readonly brightness: number;
  readonly sharpness: number;
}

/** The images of one person. */
export interface PersonCounts {
  readonly person: string;
  readonly images: number;
  readonly cameras: number;
}

/** All counts; distractors are images, and no person. */
export interface Counts {
  readonly parts: readonly PartCounts[];
  /** With medians of height in pixels, brightness and sharpness. */
  readonly cameras: readonly CameraCounts[];
  readonly people: readonly PersonCounts[];
  readonly width: Quantiles;
  readonly height: Quantiles;
  readonly brightness: Quantiles;
  readonly sharpness: Quantiles;
}

/** The quantiles of at least one value, by the nearest rank. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => itemAt(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return { min: at(0), p5: at(0.05), median: at(0.5), p95: at(0.95), max: at(1) };
}

const median = (values: readonly number[]) => quantiles(values).median;

/** Counts images; there must be at least one. */
export function countImages(dataset: ReidDataset, images: readonly InspectedImage[]): Counts {
  const people = (some: readonly InspectedImage[]) =>
    countIdentities(some.filter(({ identity }) => identity > 0));
  const cameras = (some: readonly InspectedImage[]) => new Set(some.map(({ camera }) => camera)).size;
  const parts = (["train", "query", "gallery"] as const).map((part) => {
    const some = images.filter(({ parts }) => parts.includes(part));
    return { part, images: some.length, people: people(some), cameras: cameras(some) };
  });
  const byCamera = [...Map.groupBy(images, ({ camera }) => camera)].sort(([a], [b]) => a - b);
  const byPerson = [...Map.groupBy(images, ({ identity }) => identity)].sort(([a], [b]) => a - b);
  return {
    parts,
    cameras: byCamera.map(([camera, some]) => ({
      camera: cameraName(dataset, camera),
      images: some.length,
      people: people(some),
      height: median(some.map(({ height }) => height)),
      brightness: median(some.map(({ brightness }) => brightness)),
      sharpness: median(some.map(({ sharpness }) => sharpness)),
    })),
    people: byPerson.filter(([identity]) => identity > 0).map(([identity, some]) => ({
      person: identityName(dataset, identity),
      images: some.length,
      cameras: cameras(some),
    })),
    width: quantiles(images.map(({ width }) => width)),
    height: quantiles(images.map(({ height }) => height)),
    brightness: quantiles(images.map(({ brightness }) => brightness)),
    sharpness: quantiles(images.map(({ sharpness }) => sharpness)),
  };
}
