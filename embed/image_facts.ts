/** What names say of images to embed. */
import { type NamedBy, readImageName } from "../data/layouts/image_name.ts";
import { trackletOf } from "../data/tracklets.ts";
import type { KnownFacts } from "./image_files.ts";

/** What the path of an image says. */
export function factsOf(path: string, named: NamedBy): KnownFacts {
  const { identity = 0, camera, frame, track } = readImageName(path, named);
  const tracklet = camera === undefined
    ? undefined
    : trackletOf({ identity, camera, ...(track !== undefined && { track }) });
  return {
    ...(camera !== undefined && { camera }),
    ...(frame !== undefined && { time: frame }),
    ...(tracklet !== undefined && { tracklet }),
  };
}
