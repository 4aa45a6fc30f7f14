/** What the tests and the process that runs ONNX Runtime tell each other. */

/** A file to be run on images. */
export interface OnnxCase {
  /** The ONNX file. */
  readonly model: string;
  /** RGB bytes of the images, [n, height, width, 3]. */
  readonly images: string;
  /** Sizes of the batches in which they are run, one after another; together as many as there are images. */
  readonly batches: readonly number[];
  /** Where the embeddings go, f32 [n, D]. */
  readonly embeddings: string;
}

/** What came of it. */
export interface OnnxResult {
  /** The format's rules that the file breaks. */
  readonly faults: readonly string[];
  /** Versions, texts and shapes in the file. */
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly input: { readonly type: string; readonly shape: readonly (number | string)[] };
  readonly output: { readonly type: string; readonly shape: readonly (number | string)[] };
}
