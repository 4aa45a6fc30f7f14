import type { Person } from "./person.ts";

/** How a person stands in one picture. */
export interface Pose {
  /** Where the person faces: 0 to the camera, π away, π/2 to the picture's right. */
  yaw: number;
  /** Where in the walking cycle, in radians. */
  phase: number;
  /** Largest angle of the thighs from the vertical, in radians; near 0 the person stands. */
  stride: number;
}

/** Where the picture shows a person. */
export interface Placement {
  /** Pixels of an average person's height. */
  unit: number;
  /** The point on the ground between the feet, in pixels. */
  footX: number;
  footY: number;
  /** How far the camera looks down, in radians. */
  pitch: number;
}

/** A point in the picture; a larger depth is nearer to the camera. */
export interface Joint {
  x: number;
  y: number;
  depth: number;
}

/** A leg or an arm, from the trunk outwards. */
export interface Limb {
  side: -1 | 1;
  root: Joint;
  middle: Joint;
  end: Joint;
}

/** A leg with the tip of its foot. */
export interface Leg extends Limb {
  toe: Joint;
}

/** A person's joints in the picture. */
export interface Skeleton {
  head: Joint;
  neck: Joint;
  /** Middle of the shoulders and of the hips. */
  shoulders: Joint;
  hips: Joint;
  legs: readonly Leg[];
  arms: readonly Limb[];
  /** Pixels of the person's own height. */
  size: number;
}

const THIGH = 0.235, SHIN = 0.235, ANKLE = 0.035, TORSO = 0.315, UPPER_ARM = 0.165, FOREARM = 0.15;

/**
 * A walking person in three dimensions (x to the person's left seen from the front, y up, z forward; the person's
 * height is 1), turned by the pose and projected orthographically.
 */
export function projectSkeleton(person: Person, pose: Pose, placement: Placement): Skeleton {
  const size = placement.unit * person.height;
  const sinYaw = Math.sin(pose.yaw), cosYaw = Math.cos(pose.yaw);
  const sinPitch = Math.sin(placement.pitch), cosPitch = Math.cos(placement.pitch);
  const project = (x: number, y: number, z: number): Joint => {
    const depth = z * cosYaw - x * sinYaw;
    return {
      x: placement.footX + size * (x * cosYaw + z * sinYaw),
      y: placement.footY - size * (y * cosPitch - depth * sinPitch),
      depth,
    };
  };

  const sides = [-1, 1] as const;
  const thighAngle = (side: number) => side * pose.stride * Math.sin(pose.phase);
  const legs = sides.map((side) => {
    const angle = thighAngle(side);
    const bend = 0.08 + 1.1 * pose.stride * Math.max(0, side * Math.cos(pose.phase));
    const knee: [number, number] = [-THIGH * Math.cos(angle), THIGH * Math.sin(angle)];
    const ankle: [number, number] = [
      knee[0] - SHIN * Math.cos(angle - bend),
      knee[1] + SHIN * Math.sin(angle - bend),
    ];
    return { side, knee, ankle };
  });
  const hipHeight = ANKLE - Math.min(...legs.map((leg) => leg.ankle[0]));
  const shoulderHeight = hipHeight + TORSO;
  const hipX = 0.046 * person.build, shoulderX = 0.098 * person.build + 0.006;

  const arms = sides.map((side): Limb => {
    const swing = -0.9 * thighAngle(side);
    const elbow: [number, number] = [
      shoulderHeight - UPPER_ARM * Math.cos(swing) - 0.012,
      UPPER_ARM * Math.sin(swing),
    ];
    const forward = swing + 0.25 + 0.5 * pose.stride;
    const out = side * (shoulderX + 0.022);
    return {
      side,
      root: project(side * shoulderX, shoulderHeight - 0.02, 0),
      middle: project(out, ...elbow),
      end: project(
        side * (shoulderX + 0.016),
        elbow[0] - FOREARM * Math.cos(forward),
        elbow[1] + FOREARM * Math.sin(forward),
      ),
    };
  });

  return {
    head: project(0, shoulderHeight + 0.112, 0.012),
    neck: project(0, shoulderHeight + 0.03, 0),
    shoulders: project(0, shoulderHeight, 0),
    hips: project(0, hipHeight, 0),
    legs: legs.map(({ side, knee, ankle }): Leg => ({
      side,
      root: project(side * hipX, hipHeight, 0),
      middle: project(side * hipX, hipHeight + knee[0], knee[1]),
      end: project(side * hipX, hipHeight + ankle[0], ankle[1]),
      toe: project(side * hipX * 1.15, hipHeight + ankle[0] - 0.022, ankle[1] + 0.075),
    })),
    arms,
    size,
  };
}
