import { afterAll, beforeAll, expect, test } from "vitest";
import type { Got, Question } from "./clients.ts";
import { expectFailures } from "./failures.ts";
import { type Cell, cells, outcomeOf, replayOf, wireOf } from "./matrix.ts";
import { image, schema } from "./questions.ts";
import { sentBy, strayFields } from "./sent.ts";
import { type Suite, startSuite } from "./suite.ts";

let suite: Suite;

beforeAll(async () => {
  suite = await startSuite();
});
afterAll(() => suite.close());

const modes = [false, true] as const;

/** Asks plain or streamed; holds what went up to what this cell is to send. */
async function ask(cell: Cell, question: Omit<Question, "model">, streamed: boolean): Promise<Got> {
  const { surface, provider } = cell;
  const from = suite.asked().length;
  const client = suite.clients[surface.name];
  const got = await client({ model: provider.name, ...question }, streamed);
  const calls = suite.asked().slice(from);
  expect(calls).toHaveLength(1);
  for (const call of calls) {
    const sent = sentBy(call);
    expect(sent).toMatchObject({ wire: wireOf(cell), streams: streamed, model: provider.model });
    expect(call.path.startsWith(`${provider.base}/`)).toBe(true);
    expect(sent.text).toContain(question.prompt);
    if (sent.wire === "chat") expect(strayFields(provider, call)).toEqual([]);
  }
  expect(got.usage.input).toBeGreaterThan(0);
  expect(got.usage.output).toBeGreaterThan(0);
  return got;
}

const lastSent = () => sentBy(suite.asked().at(-1) as never);

type Trial = (cell: Cell, streamed: boolean) => Promise<void>;

const trials: Readonly<Record<Cell["feature"], Trial>> = {
  async text(cell, streamed) {
    const got = await ask(cell, { prompt: "Hello – „there“ 🚂" }, streamed);
    expect(got).toMatchObject({ finish: "stop", thoughts: "", calls: [] });
    expect(got.text).toContain(`I am a stand-in for ${cell.provider.model}:`);
    expect(got.text).toMatch(/"Hello – „there“ 🚂"|no model was called/);
    const cut = await ask(cell, { prompt: "Hello", maxTokens: 3 }, streamed);
    expect(cut).toMatchObject({ finish: "length", text: "I am a" });
    expect(cut.usage.output).toBe(3);
  },
  async tools(cell, streamed) {
    const question = { prompt: "Tell me the weather and the traffic in Oslo", tools: true };
    const got = await ask(cell, question, streamed);
    expect(got.finish).toBe("calls");
    expect(got.calls.map(({ name, args }) => [name, args])).toEqual([
      ["get_weather", { city: "stand-in city", days: 1 }],
      ["get_traffic", { city: "stand-in city" }],
    ]);
    expect(new Set(got.calls.map(({ id }) => id)).size).toBe(2);
    expect(lastSent().tools).toEqual(["get_weather", "get_traffic", "book_hotel"]);
    const told = await ask(cell, { ...question, before: got }, streamed);
    expect(told.text).toContain("Thank you for the tool's result.");
    expect(told).toMatchObject({ finish: "stop", calls: [] });
  },
  async schema(cell, streamed) {
    const got = await ask(cell, { prompt: "How warm?", schema: true }, streamed);
    const value: unknown = JSON.parse(got.text);
    expect(got.finish).toBe("stop");
    if (cell.provider.schema === "held") {
      expect(value).toEqual({ city: "stand-in city", degrees: expect.any(Number) });
      expect(lastSent().schema).toMatchObject(schema);
    } else {
      expect(value).toEqual(expect.any(Object));
      expect(lastSent().text).toContain(JSON.stringify(JSON.stringify(schema)).slice(1, -1));
    }
  },
  async image(cell, streamed) {
    const got = await ask(cell, { prompt: "What is this?", image: true }, streamed);
    expect(got.text).toContain("You showed me 1 (image/png).");
    expect(lastSent().text).toContain(image);
  },
  async reasoning(cell, streamed) {
    const outcome = outcomeOf(cell);
    const note = outcome?.kind === "served" ? outcome.note : undefined;
    const question = { prompt: "Tell me the weather", tools: true, thinks: true };
    const got = await ask(cell, question, streamed);
    expect(lastSent().thinking).not.toBeNull();
    expect(got.calls.map(({ name }) => name)).toEqual(["get_weather"]);
    const told = note === undefined;
    expect(got.thoughts.trim()).toBe(told ? "A stand-in thinks of nothing much." : "");
    if (note !== "effort alone" && cell.provider.name !== "mistral")
      expect(got.usage.reasoning).toBe(6);
    await ask(cell, { ...question, before: got }, streamed);
    const replayed = { proof: proof.exec(lastSent().text)?.[0], text: thought, nothing: "" };
    if (note === "effort alone") return;
    expect(replayed[replayOf(cell)]).toBeDefined();
    expect(lastSent().text).toContain(replayed[replayOf(cell)]);
    if (replayOf(cell) === "nothing") expect(lastSent().text).not.toContain(thought);
  },
  async long(cell, streamed) {
    const got = await ask(cell, { prompt: "Write 2000 words", maxTokens: 8_000 }, streamed);
    expect(got.finish).toBe("stop");
    expect(got.text).toMatch(/ word1 word2 word3 /);
    expect(got.text).toMatch(/ word1999 word2000$/);
    expect(got.usage.output).toBeGreaterThan(2_000);
  },
  async cache(cell, streamed) {
    const { surface, provider } = cell;
    const beginning = `${surface.name} ${provider.name} ${streamed} `;
    const prompt = beginning + "a long prompt ".repeat(400);
    const marked = outcomeOf(cell);
    const first = await ask(cell, { prompt, marked: true }, streamed);
    const second = await ask(cell, { prompt, marked: true }, streamed);
    const isCached = marked?.kind === "served" && marked.note === undefined;
    expect([first.usage.cached, second.usage.cached]).toEqual([0, isCached ? 1024 : 0]);
    expect(second.usage.input).toBe(first.usage.input);
  },
  async errors(cell, streamed) {
    await expectFailures(suite, cell, streamed);
  },
};

const thought = "thinks of nothing";
/** `signed ` and an id, as the stand-ins seal them. */
const proof = /c2lnbmVkI[\w+/]+=*/;

test.each(cells.map((cell) => ({ cell, name: nameOf(cell) })))("$name", async ({ cell }) => {
  const outcome = outcomeOf(cell);
  for (const streamed of modes) {
    if (outcome?.kind !== "refused") {
      await trials[cell.feature](cell, streamed);
      continue;
    }
    const from = suite.asked().length;
    await expect(trials[cell.feature](cell, streamed)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`'${outcome.param}'`),
    });
    expect(suite.asked().length).toBe(from);
  }
});

test("a chat that asks for thinking in Anthropic's words gets it, and its proof goes back", async () => {
  for (const streamed of modes) {
    const thinks = "in so many words";
    const question = { model: "anthropic", prompt: "Tell me the weather", tools: true, thinks };
    const got = await suite.clients.chat({ ...question, thinks }, streamed);
    expect(got.thoughts.trim()).toBe("A stand-in thinks of nothing much.");
    await suite.clients.chat({ ...question, thinks, before: got }, streamed);
    expect(lastSent().text).toMatch(
      /"type":"thinking","thinking":"A stand-in thinks of nothing much.","signature":"c2lnbmVk/,
    );
  }
});

function nameOf({ surface, provider, feature }: Cell): string {
  return `${surface.name} clients, ${provider.name}: ${feature}`;
}
