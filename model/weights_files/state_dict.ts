/** Which tensors of a file that PyTorch wrote are the network's, and their names. */
import { firstFew } from "../first_few.ts";
import { brief } from "../safetensors_json.ts";
import { PickleDict, PickleList, PickleTuple, type PickleValue } from "./pickle_values.ts";
import { TorchTensor } from "./torch_tensor.ts";
import { damaged, WeightsFileError } from "./weights_file_error.ts";

/** Keys under which training programs keep the network's tensors, beside optimizer and progress; the first one counts. */
const WRAPPERS = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "network",
  "net",
  "params",
  "weights",
  "state",
];

/** Wrappers in wrappers, containers in containers, and characters of a tensor's name. */
const MOST_WRAPPERS = 4, MOST_DEPTH = 32, MOST_NAME = 1000;

/** The network's tensors. */
export interface NamedTensors {
  /** By their names in the file. */
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Sentences on what the file is read as. */
  readonly notes: readonly string[];
}

/** Finds the network's tensors in what a file holds. @throws {WeightsFileError} when there are none. */
export function namedTensors(value: PickleValue): NamedTensors {
  const notes: string[] = [];
  let root = value;
  for (let depth = 0; depth < MOST_WRAPPERS; depth++) {
    const inner = wrapped(root);
    if (inner === undefined) break;
    notes.push(`the network is what the file has under ${inner.key}${leftOut(inner.others)}`);
    root = inner.content;
  }
  const tensors = root instanceof TorchTensor ? new Map([["tensor", root]]) : flatten(root);
  if (tensors.size > 0) return { tensors, notes };
  const keys = root instanceof PickleDict
    ? [...root.entries.keys()].filter(isName).map((key) => brief(`${key}`))
    : [];
  throw new WeightsFileError(
    "unsupported",
    `It holds no tensors${
      keys.length === 0 ? "" : `, but ${firstFew(keys)}`
    }. Give a file of the network's state_dict().`,
  );
}

/** What a dict has under the first known key whose content has tensors. */
function wrapped(
  value: PickleValue,
): { key: string; content: PickleDict; others: Map<string, number> } | undefined {
  if (!(value instanceof PickleDict)) return undefined;
  const key = WRAPPERS.find((name) => {
    const content = value.entries.get(name);
    return content instanceof PickleDict && flatten(content).size > 0;
  });
  const content = key === undefined ? undefined : value.entries.get(key);
  if (key === undefined || !(content instanceof PickleDict)) return undefined;
  const others = new Map<string, number>();
  const seen = new Set<PickleValue>([value, content]);
  for (const [name, other] of value.entries) {
    const count = other instanceof TorchTensor ? 1 : seen.has(other) ? 0 : flatten(other, seen).size;
    if (count > 0) others.set(isName(name) ? brief(`${name}`) : "others", count);
  }
  return { key, content, others };
}

function leftOut(others: ReadonlyMap<string, number>): string {
  if (others.size === 0) return "";
  const list = firstFew(
    [...others].map(([name, count]) => `${name} (${count} tensor${count === 1 ? "" : "s"})`),
  );
  return `; left out: ${list}`;
}

/**
 * The tensors in containers, under names with dots between the keys.
 *
 * @param seen containers that were visited: each is once.
 */
function flatten(root: PickleValue, seen = new Set<PickleValue>()): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  seen.add(root);
  const open: [prefix: string, value: PickleValue, depth: number][] = [["", root, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [prefix, value, depth] = next;
    if (depth > MOST_DEPTH) throw damaged(`its containers are nested more than ${MOST_DEPTH} deep`);
    const inner: typeof open = [];
    for (const [key, item] of itemsOf(value)) {
      if (!isName(key)) continue;
      const name = prefix + key;
      if (item instanceof TorchTensor) {
        if (name.length > MOST_NAME) {
          throw damaged(`a tensor has a name of ${name.length} characters: ${brief(name)}`);
        }
        if (tensors.has(name)) throw damaged(`two tensors are called ${brief(name)}`);
        tensors.set(name, item);
      } else if (!seen.has(item) && isContainer(item)) {
        seen.add(item);
        inner.push([`${name}.`, item, depth + 1]);
      }
    }
    open.push(...inner.reverse());
  }
  return tensors;
}

function isName(key: PickleValue): key is string | number {
  return typeof key === "string" || typeof key === "number";
}

function isContainer(value: PickleValue): boolean {
  return value instanceof PickleDict || value instanceof PickleList || value instanceof PickleTuple;
}

function itemsOf(value: PickleValue): Iterable<readonly [key: PickleValue, item: PickleValue]> {
  if (value instanceof PickleDict) return value.entries;
  if (value instanceof PickleList || value instanceof PickleTuple) return value.items.entries();
  return [];
}
