/** What `deno task weights` prints about a file: every tensor, what of it a MobileNetV2 takes, and what is wrong with it. */
import { firstFew } from "../../data/errors.ts";
import { elementCount } from "../../kernels/wgsl/storage.ts";
import type { Inventory, TensorUse } from "../../model/pretrained/inventory.ts";
import { WEIGHTS_FORMATS, type WeightsFile } from "../../model/weights_files/read_weights.ts";
import { printable } from "../command.ts";
import { table } from "../table.ts";

/** What is printed about a file. */
export interface Listing {
  /** As it was given. */
  readonly source: string;
  readonly fileBytes: number;
  readonly sha256: string;
  /** Whether the SHA-256 begins as the file's name says; undefined where the name says nothing. */
  readonly nameFits: boolean | undefined;
  readonly file: WeightsFile;
  readonly inventory: Inventory;
}

function useText(use: TensorUse | undefined): string {
  if (use === undefined || use.kind === "unknown") return "not part of it";
  return use.kind === "backbone" ? use.parameter : use.kind === "head" ? "head, not used" : "count, not used";
}

/** The whole text. */
export function listingText(listing: Listing): string {
  const { source, fileBytes, sha256, nameFits, file, inventory } = listing;
  const { family, uses } = inventory;
  const rows = [...file.tensors].map(([name, tensor]) => [
    printable(name),
    tensor.dtype,
    `[${tensor.shape.join(", ")}]`,
    ...(family === undefined ? [] : [useText(uses.get(name))]),
  ]);
  const header = ["tensor", "type", "shape", ...(family === undefined ? [] : ["read as"])];
  const fits = nameFits === true ? ", which begins as the file's name says" : "";
  return [
    table([header, ...rows]),
    "",
    `${source}: ${WEIGHTS_FORMATS[file.format]}, ${(fileBytes / 1e6).toFixed(1)} MB`,
    `SHA-256 ${file.format === "layers-model" ? "of model.json alone " : ""}${sha256}${fits}`,
    contentText(file),
    ...networkText(inventory),
  ].join("\n");
}

function contentText({ tensors }: WeightsFile): string {
  const byType = Map.groupBy(tensors.values(), ({ dtype }) => dtype);
  const types = [...byType].map(([dtype, { length }]) => `${length} ${dtype}`).join(", ");
  const numbers = tensors.values().reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
  return `${tensors.size} tensors (${types}) of ${numbers.toLocaleString("en")} numbers`;
}

function networkText({ family, uses, result }: Inventory): string[] {
  if ("reason" in result) return [`deno task train --weights does not take it: ${printable(result.reason)}`];
  const { width, convention, prefixes } = result.backbone;
  const named = (kind: TensorUse["kind"]) =>
    [...uses].filter(([, use]) => use.kind === kind).map(([name]) => name);
  const heads = named("head"), counts = named("count");
  const left = [
    ...(heads.length > 0 ? [`the head ${printable(firstFew(heads))}`] : []),
    ...(counts.length > 0 ? [`${counts.length} counts of batches`] : []),
  ];
  return [
    `MobileNetV2 of width ${width} with the names of ${family}, and padding and colors of ${convention}: ` +
    `deno task train --weights takes ${named("backbone").length} tensors`,
    ...(prefixes.length > 0 ? [`Read without ${printable(prefixes.join(", "))} before the names`] : []),
    `Left over: ${left.length > 0 ? left.join("; ") : "nothing"}`,
    "Verified: every shape is that of the width, every value is finite, no variance is below 0",
  ];
}

/** What is wrong with the file without making it unreadable. */
export function warnings({ sha256, nameFits, file, inventory: { nonFinite } }: Listing): string[] {
  const names = [...nonFinite].map(([name, count]) => `${printable(name)} (${count})`);
  return [
    ...file.notes.map(printable),
    ...(names.length > 0 ? [`values that are NaN or infinite: ${firstFew(names)}`] : []),
    ...(nameFits === false
      ? [
        `its SHA-256 begins with ${
          sha256.slice(0, 8)
        }, and not as its name says: it is damaged, or it was renamed`,
      ]
      : []),
  ];
}

/** The same as an object of JSON. */
export function listingJson({ source, fileBytes, sha256, nameFits, file, inventory }: Listing): object {
  const { family, uses, result, nonFinite } = inventory;
  return {
    source,
    format: file.format,
    bytes: fileBytes,
    sha256,
    ...(nameFits !== undefined && { nameFits }),
    notes: file.notes,
    family: family ?? null,
    network: "backbone" in result
      ? {
        width: result.backbone.width,
        convention: result.backbone.convention,
        prefixes: result.backbone.prefixes,
        ignored: result.backbone.ignored,
      }
      : null,
    ...("reason" in result && { reason: result.reason }),
    tensors: [...file.tensors].map(([name, { dtype, shape }]) => {
      const use = uses.get(name);
      return {
        name,
        dtype,
        shape,
        use: use?.kind ?? "unknown",
        ...(use?.kind === "backbone" && { parameter: use.parameter }),
        ...(nonFinite.has(name) && { nonFinite: nonFinite.get(name) }),
      };
    }),
  };
}
