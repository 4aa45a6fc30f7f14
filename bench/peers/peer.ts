/** The libraries in the comparison, and the interface of their modules. */
import type { Task, TaskName } from "./scenario.ts";

/** One task of one peer, ready to run. */
export interface Session {
  /**
   * Uploads the batch and runs the task once. Resolves when all work is done, including the update of the weights.
   *
   * @returns the loss [1] of a training step, the embeddings [batch, 128] of a forward pass.
   */
  run(): Promise<Float32Array>;
}

/** The exports of a peer's module. */
export interface PeerModule {
  /** Prepares a task. @throws the library's error if it cannot. */
  open(task: Task, options: { backend: Backend; threads: number }): Promise<Session>;
}

/** The back end of a library. */
export type Backend = "webgpu" | "wasm" | "native";

/** A library in the comparison. */
export interface Peer {
  /** Its name in `--only` and `--skip`. */
  readonly key: string;
  /** Library and version, for the table. */
  readonly label: string;
  readonly backend: Backend;
  /** Module next to this one. */
  readonly module: string;
  /** Tasks that the library does not support by design, each with the reason; they are not run. */
  readonly cannot: Partial<Record<TaskName, string>>;
  /** Takes seconds for an image on a software adapter, so it gets fewer rounds and no second batch size. */
  readonly slow: boolean;
  /** Fixed number of threads, if it cannot be chosen. */
  readonly threads?: number;
}

/** This engine, with which all others are compared. */
export const OURS: Peer = {
  key: "ours",
  label: "this engine",
  backend: "webgpu",
  module: "./ours.ts",
  cannot: {},
  slow: false,
};

const NO_TRAINING = { train: "inference only", mnist: "inference only" };

/** All libraries, ours first. */
export const PEERS: readonly Peer[] = [
  OURS,
  {
    key: "jax-webgpu",
    label: "@jax-js/jax 0.1.25",
    backend: "webgpu",
    module: "./jax.ts",
    cannot: {},
    slow: true,
  },
  {
    key: "tfjs-webgpu",
    label: "@tensorflow/tfjs 4.22",
    backend: "webgpu",
    module: "./tfjs.ts",
    cannot: {},
    slow: true,
  },
  {
    key: "ort-webgpu",
    label: "onnxruntime-web 1.30",
    backend: "webgpu",
    module: "./onnxruntime.ts",
    cannot: NO_TRAINING,
    slow: true,
  },
  {
    key: "jax-wasm",
    label: "@jax-js/jax 0.1.25",
    backend: "wasm",
    module: "./jax.ts",
    cannot: {},
    slow: false,
  },
  {
    key: "tfjs-wasm",
    label: "@tensorflow/tfjs 4.22",
    backend: "wasm",
    module: "./tfjs.ts",
    cannot: {},
    slow: false,
    threads: 1, // Its back end uses more threads only in a browser.
  },
  {
    key: "ort-native",
    label: "onnxruntime-node 1.30",
    backend: "native",
    module: "./onnxruntime.ts",
    cannot: NO_TRAINING,
    slow: false,
  },
];
