import { expect, test } from "vitest";
import { arrived, behaving, replayed, startMs } from "../../support/replaying.ts";

const policy = "otherwise claude with cache semantic above 0.8 for 10m";

const questions = [
  "How do I reset my password?",
  "How can I reset my password?",
  "How do I reset my pin?",
  "Which documents do I need to open a savings account?",
];

/** A line of a log of bodies. */
function asked(afterMs: number, prompt: string, more: object = {}, headers = {}): object {
  return {
    response: "Choose “Forgot it?” where you sign in.",
    time: new Date(startMs + afterMs).toISOString(),
    id: `a${afterMs}`,
    headers,
    body: { model: "auto", messages: [{ role: "user", content: prompt }], ...more },
    usage: { prompt_tokens: 20, completion_tokens: 50 },
  };
}

test("a like prompt is given the kept answer, by the guards of the gateway", async () => {
  const lines = [...questions, ...questions].map((prompt, index) => asked(index * 5_000, prompt));
  const { replay } = await replayed(lines, policy);
  // The second asks like the first; then all four ask the very same again.
  expect(replay.cached).toMatchObject({ same: 3, like: 2, underWay: 0 });
  expect(replay.outcomes).toMatchObject({ ok: 3, cached: 5 });
  expect(replay.cost.saved).toBeGreaterThan(0);
  expect(replay.notPlayed).toEqual([]);
});

test.each([
  ["a policy that takes equal requests alone", "otherwise claude with cache exact for 10m", {}],
  ["a threshold above", "otherwise claude with cache semantic above 0.999 for 10m", {}],
  ["another temperature", policy, { temperature: 0.3 }],
  ["another message before", policy, null],
])("%s finds no like prompt", async (_name, text, more) => {
  const before = { messages: [{ role: "system", content: "In verse." }] };
  const first = asked(0, questions[0] ?? "");
  const second = asked(5_000, questions[1] ?? "", more ?? {});
  if (more === null) {
    const body = (second as { body: { messages: object[] } }).body;
    body.messages = [...before.messages, ...body.messages];
  }
  const { replay } = await replayed([first, second], text);
  expect(replay.outcomes).toMatchObject({ ok: 2, cached: 0 });
});

test("an answer that is too old for who asks is not given", async () => {
  const headers = { "cache-control": "max-age=3" };
  const lines = [
    asked(0, questions[0] ?? ""),
    asked(5_000, questions[1] ?? "", {}, headers),
    asked(9_000, questions[0] ?? "", {}, { "cache-control": "no-store" }),
  ];
  expect((await replayed(lines, policy)).replay.outcomes).toMatchObject({ ok: 3, cached: 0 });
});

test("bodies that ask the same in another order of their members find each other", async () => {
  const body = {
    messages: [{ content: questions[0], role: "user" }],
    model: "other",
    stream: false,
  };
  const lines = [asked(0, questions[0] ?? ""), { ...asked(5_000, ""), body }];
  const { replay } = await replayed(lines, "otherwise claude with cache exact for 10m");
  expect(replay.cached.same).toBe(1);
});

test.each([
  ["that its provider is to keep", { store: true }, {}],
  [
    "that goes on with what a provider keeps",
    { previous_response_id: "resp_1" },
    { url: "/v1/responses" },
  ],
  ["whose picture others may change", null, {}],
])("an answer to what asks %s is not kept", async (_name, more, envelope) => {
  const image = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
  const line = (afterMs: number): object => {
    const of = asked(afterMs, "Why?", more ?? { messages: [{ role: "user", content: [image] }] });
    const { body } = of as { body: { messages: unknown } };
    const isResponse = "url" in envelope;
    const { messages, ...rest } = body;
    return { ...of, ...envelope, body: isResponse ? { ...rest, input: "Why?" } : body };
  };
  const { replay } = await replayed([line(0), line(5_000)], policy);
  expect(replay.outcomes).toMatchObject({ ok: 2, cached: 0 });
});

test("what a plan changes on the way up makes another question of it", async () => {
  const text = [
    'if header.x-short = "yes" then claude with cache exact for 10m, max_tokens 100',
    "otherwise claude with cache exact for 10m",
  ].join("\n");
  const headers = { "x-short": "yes" };
  const lines = [asked(0, "Why?"), asked(5_000, "Why?", {}, headers), asked(9_000, "Why?")];
  expect((await replayed(lines, text)).replay.cached.same).toBe(1);
});

test("callers share no answers unless they are of one team", async () => {
  const of = (afterMs: number, name: string, team: string): object => ({
    ...asked(afterMs, questions[0] ?? ""),
    caller: { name, team },
  });
  const lines = [of(0, "a", "blue"), of(5_000, "b", "red"), of(10_000, "a", "blue")];
  const { replay } = await replayed(lines, policy);
  expect(replay.cached).toMatchObject({ same: 1, like: 0, underWay: 0 });
});

test("`within` asks a model again, less and less as it agrees", async () => {
  // Blanks make another key of the same words.
  const lines = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      asked(index * 1_000, `${" ".repeat(index)}${questions[0]}`),
    );
  const likeOf = async (count: number, text: string): Promise<number> =>
    (await replayed(lines(count), text, { playsLog: false })).replay.cached.like;
  const within = `${policy} within 3%`;
  const [few, many] = [await likeOf(60, within), await likeOf(120, within)];
  expect(await likeOf(60, policy)).toBe(59);
  expect(few).toBeLessThan(59);
  expect(many - few).toBeGreaterThan(few);
});

/** The second question asks like the first; what was answered then. */
const answered = (...answers: readonly unknown[]): readonly object[] =>
  answers.map((response, index) => ({
    ...asked(index * 5_000, questions[index] ?? ""),
    ...(response === null ? { response: undefined } : { response }),
  }));
const message = (content: string): object => ({ role: "assistant", content });

test.each([
  ["the same in words", answered("Choose “Forgot it?”.", "choose forgot it"), 1, 0],
  [
    "another thing, in bodies of two APIs",
    answered(
      { choices: [{ message: message("Call 0800 1234.") }] },
      { content: [{ type: "text", text: "Call 0800 9876." }] },
    ),
    1,
    1,
  ],
  [
    "another call",
    answered(
      { output: [{ type: "function_call", name: "reset", arguments: '{"id":4711}' }] },
      { output: [{ type: "function_call", name: "reset", arguments: '{"id":815}' }] },
    ),
    1,
    1,
  ],
  ["nothing that the log tells", answered(null, "Choose “Forgot it?”."), 0, 0],
])(
  "of a like prompt's answer it is told where the log has %s",
  async (_name, lines, compared, disagreed) => {
    const { replay } = await replayed(lines, policy);
    expect(replay.cached).toMatchObject({ like: 1, compared, disagreed });
    const note = expect.stringContaining("1 of 2 requests the log holds no answer");
    expect(replay.notPlayed).toEqual(compared === 0 ? [note] : []);
  },
);

test("`within` learns from what the log tells of answers that they are not the same", async () => {
  const lines = (of: (index: number) => string) =>
    Array.from({ length: 120 }, (_, index) => ({
      ...asked(index * 1_000, `${" ".repeat(index)}${questions[0]}`),
      response: of(index),
    }));
  const within = `${policy} within 3%`;
  const { replay } = await replayed(
    lines((index) => `Your code is ${index}.`),
    within,
    { playsLog: false },
  );
  expect(replay.cached.like).toBeLessThan(5);
  const { replay: alike } = await replayed(
    lines(() => "Ask for a code."),
    within,
    { playsLog: false },
  );
  expect(alike.cached.like).toBeGreaterThan(40);
});

test("what a plan overrides makes no other question of what clients wrote there", async () => {
  const lines = [100, 500, 900].map((max_tokens, index) =>
    asked(index * 5_000, "Why?", { max_tokens }),
  );
  const exact = "otherwise claude with cache exact for 10m";
  expect((await replayed(lines, exact)).replay.cached.same).toBe(0);
  const { replay } = await replayed(lines, `${exact}, max_tokens 50`);
  expect(replay.cached.same).toBe(2);
});

test("a record of a client that wanted no kept answer is given none", async () => {
  const lines = [
    arrived(0, {}, { cacheKey: "k" }),
    arrived(5_000, {}, { cacheKey: "k", cache: "bypass" }),
  ];
  expect((await replayed(lines, policy)).replay.outcomes).toMatchObject({ ok: 2, cached: 0 });
});

test("of a record the log tells to whose prompt it was like", async () => {
  const like = { cache: "hit", cacheKey: "k", cacheSimilarity: 0.9 };
  const lines = [arrived(0, {}, { cacheKey: "k" }), arrived(5_000, {}, like)];
  const { replay } = await replayed(lines, policy);
  expect(replay.cached).toMatchObject({ same: 0, like: 1, underWay: 0, compared: 0 });
  expect(replay.notPlayed).toEqual([expect.stringContaining("1 of 2 requests bear no prompt")]);
  // A stricter policy would have asked, and nobody knows by which key.
  const strict = await replayed(lines, policy.replace("0.8", "0.95"));
  expect(strict.replay.outcomes).toMatchObject({ ok: 2, cached: 0 });
  expect(strict.replay.notPlayed.join()).toContain("of 1 of 2 requests no `cacheKey`");
});

test("who asks the same while it is under way waits for one answer, and the others where that fails", async () => {
  const lines = Array.from({ length: 5 }, (_, index) => asked(index * 10, questions[0] ?? ""));
  const exact = "otherwise claude with cache exact for 10m, retry 0";
  const { replay } = await replayed(lines, exact, { playsLog: false });
  expect(replay.cached).toMatchObject({ same: 0, like: 0, underWay: 4 });
  const failing = behaving({ firstTokenMs: 500, failures: [{ cause: "server_error", share: 1 }] });
  const { replay: down } = await replayed(lines, exact, {
    playsLog: false,
    modelOf: () => failing,
  });
  // Each asks in its turn.
  expect(down.outcomes).toMatchObject({ failed: 5 });
  expect(down.targets[0]?.attempts).toBe(5);
});

test("who cannot take the answer of the target that gives it asks for itself as soon as that begins", async () => {
  const pinned = [
    'if header.x-only = "yes" then claude with cache exact for 10m, retry 0',
    "otherwise claude fallback qwen with cache exact for 10m, retry 0",
  ].join("\n");
  const only = { "x-only": "yes" };
  const lines = [
    asked(0, "Why?", { stream: true }),
    asked(10, "Why?", { stream: true }, only),
    asked(20, "Why?", { stream: true }),
  ];
  const { replay } = await replayed(lines, pinned, {
    // By when qwen's answer is whole, claude would answer again.
    whatIf: { outage: ["claude@0m+0.9s"] },
    playsLog: false,
  });
  expect(replay.cached.underWay).toBe(1);
  expect(replay.outcomes).toMatchObject({ ok: 1, failed: 1, cached: 1 });
});
