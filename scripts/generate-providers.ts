import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProviderKind, providerKinds } from "../src/configuration/configuration.ts";
import { kindDefaults } from "../src/configuration/provider-kinds.ts";
import { type Differences, differences } from "../src/runtime/providers/openai/differences.ts";
import {
  type Cell,
  features,
  featureWords,
  type Note,
  noteWords,
  outcomeOf,
  type ProviderRow,
  providers,
  type SurfaceRow,
  surfaces,
  wireOf,
} from "../test/contract/matrix.ts";
import { otherApis, otherOutcome } from "../test/contract/other-apis.ts";

const opening = `# Every API, every provider

Any client API stands in front of any provider. Each cell below is a test of its own
(\`test/contract/matrix.ts\` of the repository holds the table that both read): the official client asks, whole and streamed, through a
gateway, of a stand-in that speaks the provider's wire and refuses what the provider refuses. What the client gets is held to one
form (texts, calls with their arguments, finish, counts, errors with status and envelope), and what was sent to the wire of the
provider. The very bytes of each pair of wires are kept in \`test/golden/wires\` there. Stand-ins are made after the
providers' documents; no cell stands for a call of the real service.

✓ as asked · ✓ with a number: see the notes · ✗ refused with a 400 that names the field, nothing is sent · – the client's API has no
words for it`;

/** Notes that the tables point to, in the order of their numbers. */
const notes = Object.keys(noteWords) as Note[];

function mark(cell: Cell): string {
  const outcome = outcomeOf(cell);
  if (outcome === null) return "–";
  const sign = outcome.kind === "served" ? "✓" : "✗";
  return outcome.note === undefined ? sign : `${sign} ${notes.indexOf(outcome.note) + 1}`;
}

const wireWords = {
  chat: "chat",
  responses: "Responses",
  messages: "Messages",
  gemini: "Gemini",
  completions: "completions",
} as const;

function surfaceSection(surface: SurfaceRow): string {
  const row = (provider: ProviderRow): string[] => [
    provider.name,
    wireWords[wireOf({ surface, provider })],
    ...features.map((feature) => mark({ surface, provider, feature })),
  ];
  const head = ["provider", "asked over", ...features.map((feature) => featureWords[feature])];
  return `## Clients of \`${surface.path}\`\n\n${table(head, providers.map(row))}`;
}

function notesSection(): string {
  const lines = notes.map((note, at) => `${at + 1}. ${sentence(noteWords[note])}`);
  return `## Notes\n\n${lines.join("\n")}\n
**Reasoning** comes back with its proof: what a maker signs or seals reaches it again with the next turn, whichever API the client
speaks, and no other maker that is known (\`test/contract/moves.test.ts\`); relays get back what they gave. **Each error** is a rate limit, an overload (before the answer and as a stream's first event), an empty
account, a failing server, a time-out, a cut stream, a lost connection, a prompt that is too long, a filter, a refused key and a
request that is wrong.`;
}

function othersSection(): string {
  const rows = otherApis.map((api) => [
    `\`${api.path}\``,
    ...(["chat", "messages", "gemini"] as const).map((wire) => {
      const outcomes = providers
        .filter((provider) => (provider.wire === "responses" ? "chat" : provider.wire) === wire)
        .map((provider) => otherOutcome(api, provider));
      return [...new Set(outcomes)].join(", ");
    }),
  ]);
  const head = ["API", "providers that speak OpenAI's wire", "Anthropic", "Gemini"];
  return `## Other APIs\n
A body is handed on with nothing but its model changed; whether the provider has the API is for the provider to say. A refusal is a
400 with \`unsupported_parameter\`, so that a fallback to another provider takes it.\n\n${table(head, rows)}`;
}

const authWords = { bearer: "`authorization: Bearer`", "api-key": "`api-key`" } as const;

/** Kinds with an adapter of their own. */
const own = {
  anthropic: {
    auth: "`x-api-key`, `anthropic-version`",
    quirks:
      "`max_tokens` is always sent; temperature is held to 1; results of calls stand in the very next turn; signed thinking goes back to the model that signed it",
  },
  gemini: {
    auth: "`x-goog-api-key`",
    quirks:
      "at most 5 stops; the model's own levels or budgets of thinking; signatures of calls go back; a blocked prompt is a filtered one",
  },
  "ai-sdk": {
    auth: "as the package wants it",
    quirks:
      "any provider of the long tail through a package of the AI SDK that you installed; a wire of its own, tested in `test/runtime/bridge`",
  },
} as const;

function kindRow(kind: ProviderKind): string[] {
  const { url } = kindDefaults[kind];
  if (kind === "ai-sdk") return [`\`${kind}\``, "the package's", own[kind].auth, own[kind].quirks];
  const address = url === null ? "needs `url`" : `\`${url}\``;
  if (kind === "anthropic" || kind === "gemini")
    return [`\`${kind}\``, address, own[kind].auth, own[kind].quirks];
  const row = differences[kind];
  return [`\`${kind}\``, address, authWords[row.auth], quirksOf(row).join("; ")];
}

function quirksOf(row: Differences): readonly string[] {
  const strips = row.strip.size;
  const said: readonly (readonly [boolean, string])[] = [
    [row.hasResponses, "has Responses: its clients are relayed; `api: responses` asks all over it"],
    [row.maxTokens === "max_tokens", "`max_tokens` alone bounds answers"],
    [
      row.maxTokens === "newer-for-reasoning",
      "`max_completion_tokens` for models that refuse sampling",
    ],
    [row.developerRole === "system", "`developer` becomes `system`"],
    [strips > 0, `${strips} fields that it refuses are left out`],
    [
      row.rename.size > 0,
      [...row.rename].map(([from, to]) => `\`${from}\` is \`${to}\``).join(", "),
    ],
    [row.metadata === "with-store", "`metadata` only with `store`"],
    [row.streamUsage === "always", "counts in streams unasked"],
    [row.thinking === "enable_thinking", "an effort becomes `enable_thinking` and a budget"],
    [row.reasoningIn === "strip", "earlier thinking is left out"],
    [row.reasoningIn === "as-reasoning", "earlier thinking goes back as `reasoning`"],
    [row.proofs === "strip", "proofs of other makers are left out"],
    [row.nullContent === "empty", "empty text in place of `content: null`"],
    [row.cacheControl === "strip", "marks for caching are left out"],
    [row.toolIds === "nine-alphanumerics", "ids of calls become nine letters and digits"],
    [row.jsonSchema === "as-object", "a schema goes into the prompt"],
    [row.repairsToolCalls, "ids and indexes of streamed calls are mended"],
    [!row.completes, "no `/completions`: asked over chat"],
  ];
  return said.flatMap(([holds, words]) => (holds ? [words] : []));
}

function kindsSection(): string {
  const head = ["`kind`", "URL where none is given", "the key goes in", "what is done for it"];
  return `## Kinds of provider\n
\`headers\` of a provider's entry go along with every request and take the place of others of the same name: Portkey, for one, is
\`{ kind: openai-compatible, url: https://api.portkey.ai/v1, headers: { x-portkey-api-key: "\${PORTKEY_KEY}", x-portkey-provider: … } }\`,
and LiteLLM \`{ kind: openai-compatible, url: http://localhost:4000, key: "\${LITELLM_KEY}" }\`. Servers at home need no key; one that is
configured goes where the others' does.\n\n${table(head, providerKinds.map(kindRow))}`;
}

function sentence(words: string): string {
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** The page of all surfaces, providers and kinds, as it must be committed. */
export function providersPage(): string {
  const sections = [
    opening,
    ...surfaces.map(surfaceSection),
    notesSection(),
    othersSection(),
    kindsSection(),
  ];
  return `${sections.join("\n\n")}\n`;
}

if (import.meta.main)
  writeFileSync(join(import.meta.dirname, "..", "grammar", "PROVIDERS.md"), providersPage());
