/** The engine's ops and losses behind the interface that the gradient table is written against. */
import * as engine from "../../engine/mod.ts";
import type { Tensor, Uint32Tensor } from "../../engine/mod.ts";
import * as losses from "../../losses/mod.ts";
import type { Ops } from "../reference/ops.ts";

/** A loss without its metrics. */
const lossOf = <Args extends unknown[]>(loss: (...args: Args) => engine.TripletResult) => (...args: Args) =>
  loss(...args).loss;

/** Every op of the reference, computed by what the engine and the losses export under its name. */
export const engineOps: Ops<Tensor, Uint32Tensor> = {
  ...engine,
  ...losses,
  basicTripletLoss: lossOf(losses.basicTripletLoss),
  hardTripletLoss: lossOf(losses.hardTripletLoss),
  semiHardTripletLoss: lossOf(losses.semiHardTripletLoss),
  batchAllTripletLoss: lossOf(losses.batchAllTripletLoss),
  quadrupletLoss: lossOf(losses.quadrupletLoss),
};
