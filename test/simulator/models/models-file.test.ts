import fc from "fast-check";
import { expect, test } from "vitest";
import { causes } from "../../../src/protocol/cause.ts";
import { modelOfTarget } from "../../../src/simulator/models/catalog-model.ts";
import { ModelsFileError } from "../../../src/simulator/models/model-fields.ts";
import { modelsText, readModels } from "../../../src/simulator/models/models-file.ts";
import { levels, type Quantiles } from "../../../src/simulator/models/quantiles.ts";
import type { Models, TargetModel } from "../../../src/simulator/models/target-model.ts";

const number = fc.double({ min: 0, max: 1e6, noNaN: true });
const whole = fc.nat();
const share = fc.double({ min: 0, max: 0.1, noNaN: true });
const quantiles = (most: number): fc.Arbitrary<Quantiles> =>
  fc.oneof(
    fc.double({ min: 0, max: most, noNaN: true }).map((value) => [value]),
    fc
      .array(fc.double({ min: 0, max: most, noNaN: true }), {
        minLength: levels.length,
        maxLength: levels.length,
      })
      .map((values) => values.sort((one, other) => one - other)),
  );
const time = fc.record({ baseMs: number, perTokenMs: number, ratios: quantiles(50) });
const kind = {
  cause: fc.constantFrom(...causes),
  status: fc.option(fc.integer({ min: 400, max: 599 }), { nil: null }),
};
const wait = fc.option(whole, { nil: null });
const anyModel: fc.Arbitrary<TargetModel> = fc.record({
  ...{ attempts: whole, answers: whole, firstToken: time, rest: time },
  usual: fc.option(fc.record({ inputTokens: whole, outputTokens: whole }), { nil: null }),
  ...{ together: fc.double({ min: 0, max: 1, noNaN: true }), silent: share },
  failures: fc.array(fc.record({ ...kind, share, retryAfterMs: wait, afterMs: quantiles(1e5) }), {
    maxLength: 3,
  }),
  breaks: fc.array(fc.record({ ...kind, silent: fc.boolean(), share, after: quantiles(1) }), {
    maxLength: 3,
  }),
  capacity: fc.option(fc.integer({ min: 1, max: 999 }), { nil: null }),
  throttle: fc.option(
    fc.record({
      perMinute: fc.integer({ min: 1, max: 9_999 }),
      retryAfterMs: wait,
      afterMs: quantiles(1e5),
    }),
    { nil: null },
  ),
  batchMs: fc.option(quantiles(1e8), { nil: null }),
});
const moment = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: null });
const anyModels: fc.Arbitrary<Models> = fc
  .record({
    log: fc.record({
      ...{ requests: whole, attempts: whole, leftOut: whole, fromMs: moment, toMs: moment },
    }),
    targets: fc.dictionary(fc.string({ unit: "binary" }), anyModel, { minKeys: 1, maxKeys: 4 }),
    outages: fc.array(
      fc.record({
        ...{ ...kind, attempts: whole, share, fromMs: whole, place: whole },
        afterMs: fc.option(quantiles(1e5), { nil: null }),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ log, targets, outages }) => {
    const names = Object.keys(targets).sort();
    return {
      log,
      targets: new Map(names.map((name) => [name, targets[name]!])),
      outages: outages.map(({ place, ...each }) => ({
        ...{ ...each, target: names[place % names.length]!, toMs: each.fromMs + place },
      })),
    };
  });

test("what is written is read again: the same but for digits, and written again the same bytes", () => {
  fc.assert(
    fc.property(anyModels, (models) => {
      const text = modelsText(models);
      const read = readModels(text);
      expect(modelsText(read)).toBe(text);
      expect([...read.targets.keys()]).toEqual([...models.targets.keys()]);
      for (const [name, model] of read.targets) {
        const given = models.targets.get(name)!;
        const { ratios } = model.firstToken;
        expect(ratios).toHaveLength(given.firstToken.ratios.length);
        for (const [at, ratio] of ratios.entries())
          expect(Math.abs(ratio - given.firstToken.ratios[at]!)).toBeLessThanOrEqual(1e-4 * ratio);
        expect(model.failures.map(({ cause, status }) => [cause, status])).toEqual(
          given.failures.map(({ cause, status }) => [cause, status]),
        );
        expect(model).toMatchObject({ capacity: given.capacity, usual: given.usual });
      }
      expect(read.log).toEqual(models.log);
    }),
    { numRuns: 100 },
  );
});

const sound: Models = {
  log: {
    requests: 3,
    attempts: 4,
    leftOut: 0,
    fromMs: Date.parse("2026-11-23T10:00:00Z"),
    toMs: null,
  },
  targets: new Map([
    [
      "my target",
      {
        ...modelOfTarget({ local: true }),
        failures: [
          { cause: "overloaded", status: 503, share: 0.1, retryAfterMs: null, afterMs: [5] },
        ],
      },
    ],
  ]),
  outages: [],
};

test("a file is to be looked at: moments are dates, and a distribution stands in a line", () => {
  const text = modelsText(sound);
  expect(text).toContain('"from": "2026-11-23T10:00:00.000Z"');
  expect(text).toMatch(/"ratios": \[0\.\d+, .+\]\n/);
  expect(text.split("\n").length).toBeLessThan(60);
});

type Path = readonly (string | number)[];

/** The sound file's JSON with another value at a path; undefined takes it out. */
function changed(path: Path, value: unknown): string {
  const json = JSON.parse(modelsText(sound)) as Record<string, unknown>;
  let at: Record<string | number, unknown> = json;
  for (const each of path.slice(0, -1)) at = at[each] as Record<string | number, unknown>;
  at[path.at(-1)!] = value;
  return JSON.stringify(json);
}

const target = ["targets", "my target"] as const;
const faults: readonly [Path, unknown, string][] = [
  [["version"], 2, "`version` is 2; known is 1"],
  [["version"], undefined, "`version` is missing"],
  [["log"], undefined, "`log` is missing"],
  [["log", "from"], "yesterday", "`log.from` is neither a moment in ISO 8601 nor a number"],
  [["more"], 1, "`more` is no field that is known here"],
  [["targets"], [], "`targets` is not an object"],
  [["outages"], {}, "`outages` is not a list"],
  [
    [...target, "firstToken", "baseMs"],
    -1,
    '`targets["my target"].firstToken.baseMs` is not a number of at least 0',
  ],
  [
    [...target, "firstToken", "ratios"],
    [1, 2],
    '`targets["my target"].firstToken.ratios` is not a list of 1 or 46 numbers',
  ],
  [
    [...target, "failures", 0, "cause"],
    "gremlins",
    '`targets["my target"].failures[0].cause` is none of rate_limited,',
  ],
  [
    [...target, "failures", 0, "share"],
    1.5,
    '`targets["my target"].failures[0].share` is not a share of 0 to 1',
  ],
  [
    [...target, "failures", 0, "afterMs"],
    ["5"],
    '`targets["my target"].failures[0].afterMs[0]` is not a number of at least 0',
  ],
  [
    [...target, "silent"],
    0.95,
    '`targets["my target"]` has shares of failures that come to more than 1',
  ],
  [[...target, "capacity"], 0, '`targets["my target"].capacity` is not at least 1'],
  [[...target, "answers"], 1.5, '`targets["my target"].answers` is not a whole number'],
  [[...target, "speed"], 1, '`targets["my target"].speed` is no field that is known here'],
  [[...target, "rest", "p50"], 1, '`targets["my target"].rest.p50` is no field that is known here'],
  [
    [...target, "failures", 0, "code"],
    1,
    '`targets["my target"].failures[0].code` is no field that is known here',
  ],
  [["outages"], [{ target: "x" }], "`outages[0].target` is none of `targets`"],
];

test.each(faults)("of a file with %j as %j the fault is named", (path, value, message) => {
  expect(() => readModels(changed(path, value))).toThrow(ModelsFileError);
  expect(() => readModels(changed(path, value))).toThrow(message);
});

test("what is no JSON, or another file, is refused", () => {
  expect(() => readModels("models: 1")).toThrow("the file is no JSON");
  expect(() => readModels("[]")).toThrow("the file is not an object");
});
