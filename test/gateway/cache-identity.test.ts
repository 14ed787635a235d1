import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tenantOf } from "../../src/configuration/tenant-of.ts";
import { keyOfAnswer, mayBeKept } from "../../src/gateway/cache-identity.ts";
import type { ActiveTarget } from "../../src/gateway/target-table.ts";
import type { ModelRequest } from "../../src/protocol/model-request.ts";
import { noPlan, type Plan } from "../../src/runtime/plan/plan.ts";
import { type Json, readRequest as read, richRequests } from "../support/rich-requests.ts";

const target = {
  target: {
    ...{ name: "a", provider: "up", model: "model-a", region: "eu", local: false },
    ...{ quantization: null, prices: [], contextTokens: null, maxOutputTokens: null },
    ...{ abilities: new Set(), quality: {}, rejectsSampling: false, rejectsForcedTools: false },
    rejectsEffort: false,
  },
  provider: {
    ...{ name: "up", kind: "openai-compatible", url: "http://up", key: null, headers: {} },
    ...{ api: "chat", promptCache: "off", connections: 1 },
  },
  standIn: false,
} as unknown as ActiveTarget;

function keyOf(request: ModelRequest, more: Partial<Plan> = {}, active = target): string {
  return keyOfAnswer({ request, plan: { ...noPlan, ...more }, tenant: "key:ann" }, active, null);
}

type Path = readonly (string | number)[];

/** What a model is shown as the client wrote it. */
const inOrder = new Set(["schema", "parameters", "input_schema"]);

function* paths(value: Json, at: Path = []): Generator<[Path, Json]> {
  yield [at, value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value))
    yield* paths(inner, [...at, Array.isArray(value) ? Number(name) : name]);
}

function changed(body: Json, [step, ...rest]: Path, change: (value: Json) => Json): Json {
  if (step === undefined) return change(body);
  if (Array.isArray(body))
    return body.map((item, at) => (at === step ? changed(item, rest, change) : item));
  const { [step]: inner = null, ...others } = body as { [name: string]: Json };
  return { ...others, [step]: changed(inner, rest, change) };
}

/** Other values that might stand in a value's place; those that the API refuses are passed over. */
function others(value: Json): readonly Json[] {
  if (typeof value === "string")
    return [`${value}x`, "auto", "any", "none", "high", "user", "text"];
  if (typeof value === "number") return [value + 1, value / 2, 0];
  if (typeof value === "boolean") return [!value];
  if (Array.isArray(value)) return [[], [...value, ...value], value.toReversed()];
  if (value === null) return ["words"];
  return [
    { ...value, unheard_of: 1 },
    { ...value, path: "x" },
  ];
}

describe.each(richRequests)("a request of %s", (path, body, delivery) => {
  const whole = read(path, body);
  if (whole === null) throw new Error("the body is one that the API takes");
  const key = keyOf(whole);
  const all = [...paths(body)];

  test("has another key when anything changes that a provider may see", () => {
    let tried = 0;
    const same: string[] = [];
    for (const [at, value] of all) {
      if (delivery.includes(String(at[0]))) continue;
      for (const other of others(value)) {
        const made = changed(body, at, () => other);
        const request = read(path, made);
        if (request === null || JSON.stringify(other) === JSON.stringify(value)) continue;
        // Google reads the names of modes in either case.
        if (at.includes("toolConfig") && other === "any") continue;
        tried += 1;
        if (keyOf(request) === key) same.push(`${at.join(".")}: ${JSON.stringify(other)}`);
      }
    }
    expect(tried).toBeGreaterThan(100);
    expect(same).toEqual([]);
  });

  test("has another key when a field is left out", () => {
    const same = all.flatMap(([at, value]) => {
      const last = at.at(-1);
      // Null is as good as nothing; contents without a role are the user's.
      if (value === null || (path.includes("v1beta") && last === "role")) return [];
      if (typeof last !== "string" || delivery.includes(String(at[0]))) return [];
      const made = changed(body, at.slice(0, -1), (value) => {
        const { [last]: _left, ...rest } = value as { [name: string]: Json };
        return rest;
      });
      const request = read(path, made);
      return request !== null && keyOf(request) === key ? [at.join(".")] : [];
    });
    expect(same).toEqual([]);
  });

  test.each(delivery)("has the same key whatever `%s` says", (name) => {
    const said = name === "model" ? "other" : null;
    const request = read(path, { ...(body as object), [name]: said });
    expect(request === null ? null : keyOf(request)).toBe(key);
  });

  test("has the same key in whatever order its members stand that no model reads", () => {
    // What only one wire knows is taken as it was written, and all within a body that the conversation does not hold whole.
    const isWhole = path !== "/v1/chat/completions";
    const shuffled = (value: Json, order: (names: string[]) => string[], at: Path): Json => {
      const last = String(at.at(-1));
      if (inOrder.has(last) || last === "safetySettings" || (!isWhole && at.length > 0))
        return value;
      if (Array.isArray(value)) return value.map((item, n) => shuffled(item, order, [...at, n]));
      if (typeof value !== "object" || value === null) return value;
      const names = order(Object.keys(value));
      return Object.fromEntries(
        names.map((name) => [name, shuffled(value[name] ?? null, order, [...at, name])]),
      );
    };
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const order = (names: string[]): string[] =>
          names
            .map((name) => [numbers.next().value, name] as const)
            .sort(([one], [other]) => one - other)
            .map(([, name]) => name);
        const request = read(path, shuffled(body, order, []));
        expect(request === null ? null : keyOf(request)).toBe(key);
      }),
      { numRuns: 20 },
    );
  });

  test("has another key when the members of a schema stand in another order", () => {
    const schemas = all.filter(([at, value]) => inOrder.has(String(at.at(-1))) && value !== null);
    expect(schemas.length).toBeGreaterThan(0);
    for (const [at] of schemas) {
      const turned = changed(body, at, (value) =>
        Object.fromEntries(Object.entries(value as { [name: string]: Json }).reverse()),
      );
      const request = read(path, turned);
      expect(request === null ? key : keyOf(request), at.join(".")).not.toBe(key);
    }
  });
});

test("a plain question has one key over all APIs", () => {
  const asked = [
    [
      "/v1/chat/completions",
      { model: "m", messages: [{ role: "user", content: "hi" }], max_tokens: 9 },
    ],
    [
      "/v1/chat/completions",
      {
        model: "n",
        messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
        max_completion_tokens: 9,
        stream: true,
      },
    ],
    ["/v1/messages", { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }],
    ["/v1/responses", { model: "m", input: "hi", max_output_tokens: 9 }],
    [
      "/v1beta/models/m:generateContent",
      {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
        generationConfig: { maxOutputTokens: 9 },
      },
    ],
  ] as const;
  const keys = asked.map(([path, body]) => {
    const request = read(path, body);
    return request === null ? null : keyOf(request);
  });
  expect(new Set(keys).size).toBe(1);
});

test("a model that is to write in another order is asked anew", () => {
  const asking = (...names: string[]): ModelRequest => {
    const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
    const schema = { type: "object", properties, required: ["answer", "reasoning"] };
    const format = { type: "json_schema", json_schema: { name: "s", strict: true, schema } };
    return read("/v1/chat/completions", { ...hello, response_format: format }) as ModelRequest;
  };
  const first = keyOf(asking("reasoning", "answer"));
  expect(keyOf(asking("reasoning", "answer"))).toBe(first);
  expect(keyOf(asking("answer", "reasoning"))).not.toBe(first);
});

const hello = { model: "m", messages: [{ role: "user", content: "hi" }] };
const plain = read("/v1/chat/completions", hello) as ModelRequest;

test.each<[string, Partial<Plan>]>([
  ["sets", { set: { temperature: 0 } }],
  ["bounds", { maxTokens: 10 }],
  ["drops", { options: { dropUnsupported: true } }],
  ["asks a tier for", { options: { tier: "flex" } }],
])("what the plan %s is part of the key", (_, more) => {
  expect(keyOf(plain, more)).not.toBe(keyOf(plain));
});

test("what the plan says of waiting, paying and keeping is not", () => {
  const more = {
    ...{ timeoutMs: 5, deadlineMs: 5, retries: 3, tags: ["x"] },
    options: { cache: { kind: "exact", forMs: 5 }, staleMs: 5, timeoutMs: 5 },
  } as const;
  expect(keyOf(plain, more)).toBe(keyOf(plain));
});

test.each([
  ["model", { target: { model: "model-b" } }],
  ["name", { target: { name: "b" } }],
  ["region", { target: { region: "us" } }],
  ["quantization", { target: { quantization: "awq" } }],
  ["address", { provider: { url: "http://other" } }],
  ["headers", { provider: { headers: { "x-variant": "b" } } }],
  ["API", { provider: { api: "responses" } }],
  ["stand-in", { standIn: true }],
])("the target's %s is part of the key", (_, change) => {
  const { target: changedTarget = {}, provider = {}, ...rest } = change as Record<string, object>;
  const other = {
    ...{ ...target, ...rest, target: { ...target.target, ...changedTarget } },
    provider: { ...target.provider, ...provider },
  } as ActiveTarget;
  expect(keyOf(plain, {}, other)).not.toBe(keyOf(plain));
});

test("prices are not, weights and tenants are", () => {
  const priced = { ...target, target: { ...target.target, quality: { default: 1 } } };
  expect(keyOf(plain, {}, priced)).toBe(keyOf(plain));
  const asked = { request: plain, plan: noPlan, tenant: "key:ann" };
  const keys = [
    keyOfAnswer(asked, target, null),
    keyOfAnswer(asked, target, "digest:1"),
    keyOfAnswer({ ...asked, tenant: "key:bob" }, target, null),
    keyOfAnswer({ ...asked, tenant: "team:ann" }, target, null),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test("features that a header asks of the client's own wire are part of the key", () => {
  const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
  const [one, other] = ["feature-1", "feature-2"].map((said) =>
    read("/v1/messages", body, { "anthropic-beta": said }),
  );
  expect(keyOf(one as ModelRequest)).not.toBe(keyOf(other as ModelRequest));
});

const ann = { name: "ann", user: null, team: "north", attributes: {} };

test.each([
  ["key", ann, "key:ann"],
  ["team", ann, "team:north"],
  ["team", { ...ann, team: null }, "key:ann"],
  ["all", ann, "all"],
  ["key", null, "key:"],
] as const)("of scope %s, %j shares as %s", (scope, caller, tenant) => {
  expect(tenantOf(scope, caller)).toBe(tenant);
});

const shown = (url: string) => ({ type: "image_url", image_url: { url } });

test.each([
  ["a picture in the body", "/v1/chat/completions", shown("data:image/png;base64,AAAA"), true],
  ["one by its address", "/v1/chat/completions", shown("https://x.example/now.png"), false],
  ["one by its id", "/v1/responses", { type: "input_image", file_id: "file-1" }, false],
  ["a file by its id", "/v1/chat/completions", { type: "file", file: { file_id: "f" } }, false],
])("whether an answer about %s may be kept", (_, path, part, isKept) => {
  const said = [{ role: "user", content: [part] }];
  const body = path === "/v1/responses" ? { input: said, store: false } : { messages: said };
  const request = read(path, { model: "m", ...body }) as ModelRequest;
  expect(mayBeKept(request, target)).toBe(isKept);
});
