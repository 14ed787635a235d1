import { beforeAll, expect, test } from "vitest";
import type { StandInCall } from "../../src/stand-in/server.ts";
import { bodyOf, type Question } from "./clients.ts";
import { type ProviderRow, providers, type SurfaceRow, surfaces } from "./matrix.ts";
import { type Suite, startSuite } from "./suite.ts";

/** One provider for each wire that a conversation may go over. */
const representatives = ["openai-compatible", "openai-responses", "anthropic", "gemini"];

const pairs = surfaces.flatMap((surface) =>
  providers
    .filter(({ name }) => representatives.includes(name))
    .map((provider) => ({ surface, provider, name: `${surface.name}-${provider.name}` })),
);

type Exchange = Omit<Question, "model">;

const exchanges: readonly (readonly [title: string, exchange: Exchange])[] = [
  ["a few words", { prompt: "Hello „there“", maxTokens: 4 }],
  [
    "calls in parallel after some thinking, and an image to look at",
    {
      prompt: "Tell me the weather and the traffic",
      tools: true,
      thinks: true,
      image: true,
    },
  ],
  ["an instance of a schema", { prompt: "How warm?", schema: true }],
];

/** What was said in each pair; one gateway plays them all. */
const played = new Map<string, string>();

beforeAll(async () => {
  const suite = await startSuite();
  try {
    for (const pair of pairs) played.set(pair.name, await play(suite, pair));
  } finally {
    await suite.close();
  }
});

// `vitest -u` writes the files anew.
test.each(pairs)(
  "the bytes on both wires are as the golden file shows: $name",
  async ({ name }) => {
    await expect(played.get(name)).toMatchFileSnapshot(`../golden/wires/${name}.golden`);
  },
);

async function play(suite: Suite, pair: Pair): Promise<string> {
  const { surface, provider } = pair;
  const parts: string[] = [];
  for (const [title, exchange] of surface.name === "completions"
    ? exchanges.slice(0, 1)
    : exchanges)
    for (const streamed of [false, true])
      parts.push(
        `# ${title}, ${streamed ? "streamed" : "whole"}`,
        ...(await exchanged(suite, pair, { ...exchange, model: provider.name }, streamed)),
      );
  return `${parts.join("\n\n")}\n`;
}

interface Pair {
  readonly surface: SurfaceRow;
  readonly provider: ProviderRow;
}

async function exchanged(
  suite: Suite,
  { surface }: Pair,
  question: Question,
  streamed: boolean,
): Promise<readonly string[]> {
  const { path, body } = bodyOf(surface.name, question, streamed);
  const response = await fetch(suite.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body: JSON.stringify(body),
  });
  const received = settled(await response.text());
  const call = suite.asked().at(-1);
  if (call === undefined) throw new Error("nothing was sent");
  return [
    `## the provider is sent\n${headOf(call)}\n\n${call.text}`,
    `## the client receives\n${response.status} ${response.headers.get("content-type")}\n\n${received}`,
  ];
}

/** Headers of the connection say nothing of the wire. */
const unsaid = new Set(["host", "connection", "content-length"]);

function headOf({ method, path, query, headers }: StandInCall): string {
  const lines = Object.entries(headers)
    .filter(([name]) => !unsaid.has(name))
    .map(([name, value]) => `${name}: ${String(value)}`);
  return [`${method} ${path}${query === "" ? "" : `?${query}`}`, ...lines.toSorted()].join("\n");
}

/** Line ends that show, times that are the same every day, and ids and proofs by their number, which count up with the calls. */
function settled(text: string): string {
  const seen = new Map<string, string>();
  return text
    .replaceAll("\r", "\\r")
    .replaceAll(/"(created|created_at|completed_at)":\d+(?:\.\d+)?/g, '"$1":0')
    .replaceAll(/[0-9a-f]{32}|[0-9a-f]{16}|c2lnbmVkI[\w+/]+=*/g, (id) => {
      const name = seen.get(id) ?? `${id.startsWith("c2ln") ? "proof" : "id"}-${seen.size + 1}`;
      seen.set(id, name);
      return name;
    })
    .trimEnd();
}
