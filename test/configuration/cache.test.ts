import { expect, test } from "vitest";
import { read } from "./support.ts";

const text = (cache: string) => `cache: { ${cache} }
providers:
  home: { kind: ollama }
  cloud: { kind: anthropic, key: "\${KEY}" }
targets:
  nomic: { provider: home, model: nomic-embed-text }
  claude: { provider: cloud, model: claude-sonnet-5-5 }
`;

test("prompts are placed by the package's own table, and 100,000 are kept, where nothing is said", () => {
  const { configuration, diagnostics } = read("");
  expect(diagnostics).toEqual([]);
  expect(configuration?.cache).toMatchObject({ embeddings: null, mostPrompts: 100_000 });
});

test("a target places prompts where it is named", () => {
  const { configuration, diagnostics } = read(text("embeddings: nomic, max-prompts: 500"));
  expect(diagnostics).toEqual([]);
  expect(configuration?.cache).toMatchObject({ embeddings: "nomic", mostPrompts: 500 });
});

test.each([
  ["embeddings: nomik", ["C0213 1:22 there is no target `nomik` to place prompts"], "nomic"],
  [
    "embeddings: claude",
    ["C0213 1:22 the provider `cloud` has no embeddings: kind `anthropic` is not asked for them"],
    "Ollama",
  ],
  ["embeddings: [nomic]", ["C0102 1:22 "], ""],
  ["max-prompts: 0", ["C0106 1:23 "], ""],
])("`cache: { %s }` is refused, and says where", (cache, starts, help) => {
  const { configuration, diagnostics } = read(text(cache));
  expect(configuration).toBeNull();
  const told = diagnostics.map(({ code, span, message }) => {
    const at = text(cache).slice(0, span.start).split("\n");
    return `${code} ${at.length}:${(at.at(-1)?.length ?? 0) + 1} ${message}`;
  });
  expect(told.map((each, at) => each.slice(0, starts[at]?.length))).toEqual(starts);
  expect(JSON.stringify(diagnostics[0])).toContain(help);
});

test("a target that cannot be used is told where it stands, and not again where it places prompts", () => {
  const broken = text("embeddings: nomic").replace("provider: home", "provider: nobody");
  const { diagnostics } = read(broken);
  expect(diagnostics.map(({ code }) => code)).not.toContain("C0213");
  expect(diagnostics).toHaveLength(1);
});
