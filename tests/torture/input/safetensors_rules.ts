/**
 * The rules of the safetensors format (https://github.com/huggingface/safetensors), checked one by one on the bytes.
 * This code shares nothing with the reader under test. Two limits belong to this program, not to the format: sizes and
 * a tensor's number of bits are at most 2^53 - 1.
 */
import { type Json, strictJson } from "./strict_json.ts";

/** The content of a valid file. */
export interface ValidFile {
  readonly tensors: ReadonlyMap<
    string,
    { readonly dtype: string; readonly shape: readonly number[]; readonly bytes: Uint8Array }
  >;
  readonly metadata: ReadonlyMap<string, string>;
}

const DTYPES = ("F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL C64 " +
  "F8_E5M2 F8_E4M3 F8_E8M0 F8_E5M2FNUZ F8_E4M3FNUZ F6_E2M3 F6_E3M2 F4").split(" ");

/** The bits of an element: the first number of its dtype's name. */
function bits(dtype: string): bigint {
  return dtype === "BOOL" ? 8n : BigInt(/[0-9]+/.exec(dtype)![0]);
}

function size(value: Json): number | undefined {
  if (value.kind !== "number") return undefined;
  const number = Number(value.source);
  return Number.isInteger(number) && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

function sizes(value: Json | undefined): number[] | undefined {
  if (value?.kind !== "array") return undefined;
  const numbers = value.items.map(size);
  return numbers.includes(undefined) ? undefined : numbers as number[];
}

/** Whether no object has a key twice, at any depth. */
function unique(value: Json): boolean {
  const stack = [value];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.kind === "array") { for (const item of next.items) stack.push(item); }
    if (next.kind !== "object") continue;
    if (new Set(next.entries.map(([key]) => key)).size < next.entries.length) return false;
    for (const [, item] of next.entries) stack.push(item);
  }
  return true;
}

/** The content of the file, or undefined if it breaks a rule. */
export function checkSafetensors(file: Uint8Array): ValidFile | undefined {
  if (file.length < 8) return undefined;
  const length = file.subarray(0, 8).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (length > 100_000_000n || length > BigInt(file.length - 8)) return undefined;
  const data = file.subarray(8 + Number(length));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      file.subarray(8, 8 + Number(length)),
    );
  } catch {
    return undefined;
  }
  const header = text.startsWith("{") ? strictJson(text) : undefined;
  if (header?.kind !== "object" || !unique(header)) return undefined;
  const metadata = new Map<string, string>();
  const spans: { name: string; dtype: string; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, value] of header.entries) {
    if (value.kind !== "object") return undefined;
    if (name === "__metadata__") {
      for (const [key, entry] of value.entries) {
        if (entry.kind !== "string") return undefined;
        metadata.set(key, entry.text);
      }
      continue;
    }
    const fields = new Map(value.entries);
    const dtype = fields.get("dtype");
    const [shape, offsets] = [sizes(fields.get("shape")), sizes(fields.get("data_offsets"))];
    if (dtype?.kind !== "string" || !DTYPES.includes(dtype.text) || !shape || offsets?.length !== 2) {
      return undefined;
    }
    let total = bits(dtype.text);
    for (const axis of shape) {
      total *= BigInt(axis);
      if (total > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    }
    const [begin, end] = offsets as [number, number];
    if (total % 8n !== 0n || BigInt(end) - BigInt(begin) !== total / 8n) return undefined;
    spans.push({ name, dtype: dtype.text, shape, begin, end });
  }
  // Each byte of the data belongs to exactly one tensor.
  const laid = spans.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  let due = 0;
  for (const { begin, end } of laid) {
    if (begin !== due || end > data.length) return undefined;
    due = end;
  }
  if (due !== data.length) return undefined;
  return {
    metadata,
    tensors: new Map(
      laid.map((
        { name, dtype, shape, begin, end },
      ) => [name, { dtype, shape, bytes: data.subarray(begin, end) }]),
    ),
  };
}
