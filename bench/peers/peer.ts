/** Who takes part, and what each of them must offer. */
import type { Task, TaskName } from "./scenario.ts";

/** One task of one peer, ready to run. */
export interface Session {
  /**
   * Uploads the batch and runs the task once. Resolves when all of its work is done, updates of weights included.
   *
   * @returns the loss [1] of a training step, the embeddings [batch, 128] of a forward pass.
   */
  run(): Promise<Float32Array>;
}

/** What a peer's module exports. */
export interface PeerModule {
  /** Makes a task ready. @throws what the library throws where it cannot. */
  open(task: Task, options: { backend: Backend; threads: number }): Promise<Session>;
}

/** Where a library computes. */
export type Backend = "webgpu" | "wasm" | "native";

/** One who takes part. */
export interface Peer {
  /** What `--only` and `--skip` call it. */
  readonly key: string;
  /** The library and its version, as the table shows them. */
  readonly label: string;
  readonly backend: Backend;
  /** Module next to this one. */
  readonly module: string;
  /** What it cannot do in the library's own design, in words; it is then not asked to. */
  readonly cannot: Partial<Record<TaskName, string>>;
  /** Takes seconds an image on a software adapter: gets fewer rounds, and no second batch size. */
  readonly slow: boolean;
  /** Threads it uses whatever is asked for. */
  readonly threads?: number;
}

/** Ours, to which all others are compared. */
export const OURS: Peer = {
  key: "ours",
  label: "this engine",
  backend: "webgpu",
  module: "./ours.ts",
  cannot: {},
  slow: false,
};

const NO_TRAINING = "inference only";

/** All who take part, ours first. */
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
    cannot: { train: NO_TRAINING },
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
    threads: 1, // Its back end offers more only where it takes itself to be in a browser.
  },
  {
    key: "ort-native",
    label: "onnxruntime-node 1.30",
    backend: "native",
    module: "./onnxruntime.ts",
    cannot: { train: NO_TRAINING },
    slow: false,
  },
];
