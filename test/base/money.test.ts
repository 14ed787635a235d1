import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addMoney,
  dollarsOf,
  MoneySum,
  moneyOfDollars,
  mostPicodollars,
  parseMicrodollars,
  parseMoney,
  parsePrice,
  priceOfTokens,
  shareOfMoney,
  showMoney,
  showPrice,
} from "../../src/base/money.ts";

test.each([
  ["$0.02", 20_000_000_000],
  ["0.02", 20_000_000_000],
  ["$5", 5_000_000_000_000],
  ["$0.000000000001", 1],
  [" $1.10 ", 1_100_000_000_000],
  ["$9007.199254740991", Number.MAX_SAFE_INTEGER],
  ["$9007.199254740992", null],
  ["$0.0000000000001", null],
  ["$0.10000000000000", 100_000_000_000],
  ["", null],
  ["$", null],
  ["$-1", null],
  ["$1,000", null],
  ["$1e3", null],
  ["$.5", null],
  ["0x10", null],
])("%j is read as %j picodollars", (text, picodollars) => {
  expect(parseMoney(text)).toBe(picodollars);
});

test.each([
  ["$3/M", 3_000_000],
  ["0.05/M", 50_000],
  ["$0.234375/M", 234_375],
  ["$0.05 / M", 50_000],
  ["$0.2343751/M", null],
  ["$3", null],
  ["$3/K", null],
  ["$1.2.3/M", null],
  ["/M", null],
])("%j is read as %j picodollars per token", (text, price) => {
  expect(parsePrice(text)).toBe(price);
});

test("a price is shown as it can be read back, whatever the price", () => {
  fc.assert(
    fc.property(fc.nat(), (price) => {
      expect(parsePrice(showPrice(price))).toBe(price);
    }),
  );
});

test.each<[number | bigint, string]>([
  [0, "$0.00"],
  [123_000_000, "$0.000123"],
  [123_450_000, "$0.0001235"],
  [123_449_999, "$0.0001234"],
  [1, "$0.000000000001"],
  [50_000_000_000, "$0.05"],
  [999_949_999_999, "$0.9999"],
  [999_950_000_000, "$1.00"],
  [1_005_000_000_000, "$1.01"],
  [1_004_999_999_999, "$1.00"],
  [-20_000_000_000, "-$0.02"],
  [12_345_678_900_000_000_000n, "$12345678.90"],
])("%s picodollars are shown as %s", (amount, text) => {
  expect(showMoney(amount)).toBe(text);
});

test("tokens times price is exact up to $9,007 and stays there beyond", () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 2 ** 40 }), (tokens, price) => {
      const exact = BigInt(tokens) * BigInt(price);
      const held = exact < BigInt(mostPicodollars) ? exact : BigInt(mostPicodollars);
      expect(BigInt(priceOfTokens(tokens, price))).toBe(held);
    }),
  );
  expect(addMoney(mostPicodollars, 5)).toBe(mostPicodollars);
});

test("a MoneySum equals the sum in bigints, whatever was added, of either sign", () => {
  const amount = fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(mostPicodollars, -mostPicodollars, 0, 1),
  );
  fc.assert(
    fc.property(fc.array(amount), (amounts) => {
      const sum = new MoneySum();
      let exact = 0n;
      for (const each of amounts) {
        sum.add(each);
        exact += BigInt(each);
      }
      expect(sum.total()).toBe(exact);
    }),
  );
});

test("dollarsOf gives the double nearest to the exact amount", () => {
  expect(dollarsOf(123_000_000)).toBe(0.000123);
  expect(dollarsOf(-20_000_000_000)).toBe(-0.02);
  expect(dollarsOf(300_000_000_000n)).toBe(0.3);
  expect(dollarsOf(0)).toBe(0);
});

test("a share of an amount is multiplied exactly and rounded once, halves up", () => {
  const share = fc.integer({ min: 0, max: 3_000_000 });
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.array(share, { maxLength: 3 }), (amount, shares) => {
      const divisor = 1_000_000n ** BigInt(shares.length);
      const product = shares.reduce((all, each) => all * BigInt(each), BigInt(amount));
      const exact = (2n * product + divisor) / (2n * divisor);
      const held = exact > BigInt(mostPicodollars) ? BigInt(mostPicodollars) : exact;
      const parts = shares.map((each) => each / 1_000_000);
      expect(BigInt(shareOfMoney(amount, parts))).toBe(held);
    }),
  );
});

test.each([
  [0.0009512345, 951_234_500],
  [1e-7, 100_000],
  [0, 0],
  [1234.5, 1_234_500_000_000_000],
  [-1, null],
  [Number.NaN, null],
  [9_999, null],
  ["1", null],
])("%j dollars as JSON holds them are %j picodollars", (dollars, amount) => {
  expect(moneyOfDollars(dollars)).toBe(amount);
});

test.each([
  ["$1000", 1_000_000_000],
  ["50000.5", 50_000_500_000],
  ["$0.0000001", null],
  ["1k", null],
])("`%s` as micro-dollars is %j", (text, amount) => {
  expect(parseMicrodollars(text)).toBe(amount);
});
