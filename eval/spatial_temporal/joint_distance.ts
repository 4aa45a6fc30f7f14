/**
 * The joint metric of st-ReID (Wang, Lai, Huang & Xie 2019): the similarity s of two images and the probability p of the
 * time between them, each through a logistic function, so that neither an unlikely time nor a different look excludes a
 * match:
 *
 *   joint(s, p) = 1 / (1 + λ₀ exp(-γ₀ s)) · 1 / (1 + λ₁ exp(-γ₁ p)),   distance = 1 - joint
 *
 * s is the cosine of the embeddings, λ₀ = 1, λ₁ = 2 and γ₀ = γ₁ = 5, as in the authors' program.
 */
const LOOK = { lambda: 1, gamma: 5 }, TIME = { lambda: 2, gamma: 5 };

const logistic = (x: number, { lambda, gamma }: typeof LOOK) => 1 / (1 + lambda * Math.exp(-gamma * x));

/**
 * The joint distance, from 0 to 1.
 *
 * @param angular 1 - cosine of the embeddings.
 * @param probability Probability of the time between the images, from `TravelTimes`.
 */
export function jointDistance(angular: number, probability: number): number {
  return 1 - logistic(1 - angular, LOOK) * logistic(probability, TIME);
}
