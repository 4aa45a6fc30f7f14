/** Three training steps of a network of two layers, from opening to destroying the device. */
import {
  Adam,
  Device,
  type DeviceOptions,
  EngineError,
  f32,
  ParameterSet,
  Program,
  Random,
  relu,
  u32,
} from "../../../engine/mod.ts";
import { crossEntropy } from "../../../losses/mod.ts";
import { Linear } from "../../../model/layers/linear.ts";

const STEPS = 3;
const [ROWS, INPUTS, HIDDEN, CLASSES] = [8, 6, 16, 3];

/**
 * Trains, reads the loss of every step, and reads the weights at the end.
 *
 * @returns losses and weights as JSON.
 */
export async function trainTwoLayers(options: DeviceOptions): Promise<string> {
  const device = await Device.open(options);
  try {
    const set = new ParameterSet(device);
    try {
      return await train(device, set);
    } finally {
      set.destroy();
    }
  } finally {
    device.destroy();
  }
}

async function train(device: Device, set: ParameterSet): Promise<string> {
  const random = new Random(1);
  const [first, second] = [
    new Linear(set, "first", random, INPUTS, HIDDEN),
    new Linear(set, "second", random, HIDDEN, CLASSES),
  ];
  const adam = new Adam(set, { rate: 0.1 });
  const record = () =>
    Program.record(
      device,
      { x: f32([ROWS, INPUTS]), labels: u32([ROWS]) },
      ({ x, labels }) => {
        const loss = crossEntropy(second.apply(relu(first.apply(x))), labels);
        adam.minimize(loss);
        return { loss };
      },
      { together: 4 },
    );
  const program = await twice(device, record);
  try {
    const x = Float32Array.from({ length: ROWS * INPUTS }, () => random.uniform(-1, 1));
    const labels = Uint32Array.from({ length: ROWS }, (_, row) => row % CLASSES);
    const losses: Promise<number>[] = [];
    for (let step = 1; step <= STEPS; step++) {
      const { outputs } = await program.submit({ x, labels }, { more: step < STEPS });
      const loss = outputs.then(({ loss }) => loss[0]);
      loss.catch(() => {}); // Awaited below, unless submitting the next step throws first.
      losses.push(loss);
    }
    const found = await Promise.all(losses);
    const values = await twice(device, () => set.read(...adam.state));
    return JSON.stringify([
      found,
      ...[...values.values()].flatMap((each) => [...each.values()].map((v) => [...v])),
    ]);
  } finally {
    program.destroy();
  }
}

/** Repeats work that failed on a device that still works: a failed call must leave no half-finished state. */
async function twice<T>(device: Device, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (device.failure || !(error instanceof EngineError)) throw error;
    return await work();
  }
}
