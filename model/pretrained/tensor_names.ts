/**
 * What the tensors of a file of weights are, by their names: those of the backbone, often below the names of modules
 * that it was a part of, and those that a backbone does not need.
 */
import type { SafetensorsTensor } from "../safetensors.ts";
import { networkLayers } from "../network_layers.ts";
import { FAMILIES, type Family } from "./families.ts";

/** The tensors of a file. */
export interface SortedTensors {
  /** Of the backbone, by the family's names. */
  readonly backbone: ReadonlyMap<string, SafetensorsTensor>;
  /** Their names in the file. */
  readonly sources: ReadonlyMap<string, string>;
  /** What stands before those names in the file, such as `module.backbone.`; the most frequent first. */
  readonly prefixes: readonly string[];
  /** Known and not needed: heads, PyTorch's counts of batches. */
  readonly ignored: readonly string[];
  /** Neither. */
  readonly unknown: readonly string[];
  /** Two names of one tensor of the backbone. */
  readonly twice: readonly [string, string] | undefined;
}

/** PyTorch's counts: of the batches of a batch norm, and of the networks in an averaged one. */
const COUNTER = /(^|[./])(num_batches_tracked|n_averaged)$/;

/** Whether a tensor of the file is only a count. */
export function isCounter(name: string): boolean {
  return COUNTER.test(name);
}

/**
 * Names of modules after the pooled features: classifiers, also those that Keras numbers, and what re-ID networks and
 * losses add, fast-reid's scale of colors among it. A word before it, such as `id_`, and a number behind it belong to the name.
 */
const HEAD =
  /^([a-z]+_)?(classifiers?|heads?|fcs?|dense|linear|logits|predictions?|outputs?|bottleneck|neck|bn_?neck|feat_bn|embedding|batch_normalization|projection|projector|proj|centers|arcface|cosface|pixel_mean|pixel_std)(_?\d+)?$/i;

/** The names of all tensors of the backbone. */
export function backboneNames(family: Family): ReadonlySet<string> {
  return new Set(networkLayers(1).flatMap((layer) => Object.values(family.names(layer))));
}

/** Sorts a file's tensors as those of a network of a family. */
export function sortTensors(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  family: Family,
): SortedTensors {
  const known = backboneNames(family);
  const roots = new Set([...known].map((name) => name.split(/[./]/)[0]));
  const isHead = (name: string) => {
    const modules = name.replace(/:0$/, "").split(/[./]/);
    return modules.some((module) => HEAD.test(module)) && !modules.some((module) => roots.has(module));
  };
  const found = new Map<string, { name: string; prefix: string }>();
  const [ignored, unknown]: [string[], string[]] = [[], []];
  let twice: SortedTensors["twice"];
  for (const name of tensors.keys()) {
    const place = placeOf(name, family, known);
    if (place === undefined) {
      (isCounter(name) || isHead(name) ? ignored : unknown).push(name);
      continue;
    }
    const other = found.get(place.canonical);
    const depth = ({ prefix }: { prefix: string }) => prefix.split(/[./]/).length;
    // The end of a deeper name may be that of a tensor of the backbone by chance.
    const isDeeper = other !== undefined && depth(other) < depth(place);
    if (other && depth(other) === depth(place)) twice ??= [other.name, name];
    if (other) unknown.push(isDeeper ? name : other.name);
    if (!isDeeper) found.set(place.canonical, { name, prefix: place.prefix });
  }
  const counts = new Map<string, number>();
  for (const { prefix } of found.values()) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  return {
    backbone: new Map([...found].map(([canonical, { name }]) => [canonical, tensors.get(name)!])),
    sources: new Map([...found].map(([canonical, { name }]) => [canonical, name])),
    prefixes: [...counts].filter(([prefix]) => prefix !== "").sort(([, a], [, b]) => b - a)
      .map(([prefix]) => prefix),
    ignored,
    unknown,
    twice,
  };
}

/** How many different tensors of a family's backbone a file has names of. */
function countMatches(names: Iterable<string>, family: Family): number {
  const known = backboneNames(family);
  const places = Array.from(names, (name) => placeOf(name, family, known)?.canonical);
  return new Set(places.filter((canonical) => canonical !== undefined)).size;
}

/** The family that most of a file's names belong to; undefined where they are no MobileNetV2's. */
export function familyOf(names: readonly string[]): Family | undefined {
  const best = FAMILIES.map((family) => ({ family, matches: countMatches(names, family) }))
    .reduce((best, other) => other.matches > best.matches ? other : best);
  // A ResNet and timm's MobileNetV2 both have a "bn1": one match is not enough.
  return best.matches > backboneNames(best.family).size / 4 ? best.family : undefined;
}

/** The longest end of a name that is one of the backbone's, and what stands before it. */
function placeOf(
  name: string,
  family: Family,
  known: ReadonlySet<string>,
): { canonical: string; prefix: string } | undefined {
  for (let start = 0, next = 0; next >= 0; start += next + 1) {
    const rest = name.slice(start);
    const canonical = family.spellings(rest).find((spelling) => known.has(spelling));
    if (canonical !== undefined) {
      const [prefix, layer] = [name.slice(0, start), rest.replace(/\/.*/, "/")];
      // HDF5 files of Keras have every layer's name twice.
      return { canonical, prefix: prefix.endsWith(layer) ? prefix.slice(0, -layer.length) : prefix };
    }
    next = rest.search(/[./]/);
  }
  return undefined;
}
