/**
 * Intervals of shares that people decide: their images rise and fall together, so the people are the sample, however many
 * images there are.
 */
import type { Estimate } from "./resampled_people.ts";

/** Standard deviations of a normal distribution within which 95 % are. */
const DEVIATIONS = 1.96;

/** The probability that is left out on each side of a 95 % interval. */
const TAIL = 0.025;

/**
 * The standard deviation of a value, by the jackknife: how it varies where one person after the other is left out (Efron and
 * Stein 1981).
 *
 * @param without The value without each of the people.
 */
export function jackknifeDeviation(without: readonly number[]): number {
  const people = without.length;
  const mean = without.reduce((sum, value) => sum + value, 0) / people;
  return Math.sqrt((people - 1) / people * without.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}

/** A share with its 95 % interval by its standard deviation, by the logarithm of the odds. 0 and 1: see {@link exactAtEnds}. */
export function shareEstimate(value: number, deviation: number, people: number): Estimate {
  if (!(value > 0 && value < 1)) return exactAtEnds({ value, low: value, high: value }, people);
  const odds = Math.log(value / (1 - value)), spread = DEVIATIONS * deviation / (value * (1 - value));
  const shareOf = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));
  return { value, low: shareOf(odds - spread), high: shareOf(odds + spread) };
}

/**
 * The interval of a share of 0 or 1, which no resampling varies: that of Clopper and Pearson 1934 for nobody, or everybody, of
 * so many people. Its limit at 0 is about 3.7 by the number of people; the one-sided one is the rule of three (Hanley and
 * Lippman-Hand 1983). Another share keeps its interval.
 */
export function exactAtEnds(estimate: Estimate, people: number): Estimate {
  const { value } = estimate;
  if (value === 0) return { value, low: 0, high: 1 - TAIL ** (1 / people) };
  if (value === 1) return { value, low: TAIL ** (1 / people), high: 1 };
  return estimate;
}

/** The 95 % interval of a rate whose logarithm has this standard deviation. */
export function rateInterval(rate: number, deviation: number): [low: number, high: number] {
  const factor = Math.exp(DEVIATIONS * deviation);
  return [rate / factor, Math.min(1, rate * factor)];
}
