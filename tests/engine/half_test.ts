import assert from "node:assert/strict";
import { halfToNumber, numberToHalf } from "../../engine/half.ts";
import { seededRandom } from "../reference/seeded_random.ts";

const numbers = new Float16Array(1);
const patterns = new Uint16Array(numbers.buffer);

/** The bit pattern that JavaScript rounds to. */
function expected(value: number): number {
  numbers[0] = value;
  return patterns[0];
}

Deno.test("Every half-precision bit pattern has its value, and every value its pattern", () => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    patterns[0] = bits;
    const value = numbers[0];
    assert.ok(Object.is(halfToNumber(bits), value), `${bits}`);
    if (!Number.isNaN(value)) assert.equal(numberToHalf(value), bits);
  }
  assert.ok(Number.isNaN(halfToNumber(numberToHalf(NaN))));
});

Deno.test("A number is rounded to the nearest half, and to the even one between two", () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const middle = (halfToNumber(bits) + halfToNumber(bits + 1)) / 2;
    for (const value of [middle, middle * (1 + 2 ** -40), middle * (1 - 2 ** -40)]) {
      assert.equal(numberToHalf(value), expected(value), `${value}`);
    }
  }
  const random = seededRandom(1);
  for (let i = 0; i < 10_000; i++) {
    const value = (2 * random.uniform() - 1) * 2 ** (45 * random.uniform() - 28);
    assert.equal(numberToHalf(value), expected(value), `${value}`);
  }
  for (const value of [65519, 65520, 1e30, Infinity, -Infinity]) {
    assert.equal(numberToHalf(value), expected(value));
  }
});
