/** Maps over the pictures of the ranked retrieval: what the network looks at, and what makes a match similar. */
import {
  activationScale,
  type CellMap,
  coloredMap,
  type ColorScale,
  largestMagnitude,
  partsScale,
  rowSums,
} from "../../data/images/cell_map.ts";
import { itemAt } from "../../engine/item_at.ts";
import type { ImageCells } from "../../model/cell_embedder.ts";
import { cosineParts } from "../../model/cosine_parts.ts";
import { opaque } from "./contact_sheet.ts";

/** Maps of a match. PNG files are to be stretched over the picture. */
export interface MatchMaps {
  readonly activation: Uint8Array;
  /** What each part of the match adds to the cosine. */
  readonly parts: Uint8Array;
  /** What each part of the query adds to it. */
  readonly queryParts: Uint8Array;
  readonly cosine: number;
  /** Sums of the match's parts by rows of cells, from the top. */
  readonly byHeight: readonly number[];
}

/** Maps of a query and of its matches, nearest first. */
export interface RetrievalMaps {
  readonly activation: Uint8Array;
  readonly matches: readonly MatchMaps[];
}

/** Pixels of a map's picture for a cell, each way: the browser interpolates between them. */
const PIXELS = 4;

function picture(map: CellMap, scale: ColorScale): Promise<Uint8Array> {
  const width = PIXELS * map.columns, height = PIXELS * map.rows;
  return opaque(coloredMap(map, scale, { width, height }), width, height).encode();
}

/**
 * Draws the maps of queries and their matches.
 *
 * @returns the maps, and the number a cell at which the scale of all parts ends.
 */
export async function retrievalMaps(
  rows: readonly { readonly query: ImageCells; readonly matches: readonly ImageCells[] }[],
): Promise<{ maps: RetrievalMaps[]; limit: number }> {
  const parts = rows.map(({ query, matches }) =>
    matches.map((match) => cosineParts(query.cells, match.cells, query.embedding.length))
  );
  const limit = largestMagnitude(
    ...parts.flat().flatMap(({ query, match }) => [{ values: query }, { values: match }]),
  );
  const scale = partsScale(limit);
  const mapOf = ({ rows, columns }: ImageCells, values: ArrayLike<number>) => ({ rows, columns, values });
  const activation = (image: ImageCells) => {
    const map = mapOf(image, image.activation);
    return picture(map, activationScale(map));
  };
  const maps = await Promise.all(rows.map(async ({ query, matches }, row) => ({
    activation: await activation(query),
    matches: await Promise.all(matches.map(async (match, i): Promise<MatchMaps> => {
      const { cosine, ...of } = itemAt(itemAt(parts, row), i);
      const own = mapOf(match, of.match);
      return {
        activation: await activation(match),
        parts: await picture(own, scale),
        queryParts: await picture(mapOf(query, of.query), scale),
        cosine,
        byHeight: rowSums(own),
      };
    })),
  })));
  return { maps, limit };
}
