import { expect, test } from "vitest";
import type { Behaviour } from "../../../src/stand-in/behaviour.ts";
import { chunk, eventStream, startTestGateway } from "../../support/gateway.ts";

const rules = (count: number, rule: (index: number) => string): string =>
  `${Array.from({ length: count }, (_, index) => rule(index)).join("\n")}\notherwise a\n`;

/** Texts that an attacker, or an accident, might leave where a policy belongs. */
const hostile: readonly (readonly [name: string, text: string, code: string])[] = [
  [
    "ten megabytes",
    rules(200_000, () => "if tokens < 200 then a else b # and on, and on"),
    "larger than 8388608 bytes",
  ],
  ["100,000 parentheses", `if ${"(".repeat(100_000)}stream then a else b\n`, "P0108"],
  ["a token of a megabyte", `if ${"x".repeat(1_000_000)} then a else b\n`, "P0201"],
  ["a text of a megabyte without an end", `rule "${"x".repeat(1_000_000)}\n`, "P0111"],
  ["a library that uses itself", 'use "./main.policy"\notherwise a\n', "P0213"],
  [
    "a pattern that other engines take for ever with",
    `if prompt matches /(a+)+${"(b|b)*".repeat(200)}$(?=c)/ then a else b\n`,
    "P0311",
  ],
  [
    "a pattern that grows when it is compiled",
    "if prompt matches /((a{1000}){1000}){1000}/ then a else b\n",
    "P0311",
  ],
  ["ten thousand errors", rules(10_000, () => "if tokns < 200 then aa"), "P0129"],
  [
    "lets that double with each step",
    `let l0 = tokens < 1 or stream\n${Array.from({ length: 40 }, (_, at) => `let l${at + 1} = l${at} and not l${at}`).join("\n")}\nif l40 then a else b\n`,
    "P0316",
  ],
];

test.each(hostile)(
  "%s ends in a diagnostic, and streams flow on meanwhile",
  async (_, text, code) => {
    const gates = Array.from({ length: 40 }, () => Promise.withResolvers<void>());
    const stream: Behaviour = {
      headers: eventStream,
      body: [...gates.map((_gate, at) => chunk(`piece-${at} `)), "data: [DONE]\n\n"],
      hold: (piece) => gates[piece]?.promise,
    };
    await using box = await startTestGateway({
      policies: { main: "otherwise b\n" },
      script: ({ body }) => (body["stream"] === true ? stream : null),
    });
    gates[0]?.resolve();
    const answer = await box.chat({ stream: true });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let refusal: string | null = null;
    const refused = box.gateway
      .nextReload(({ result }) => result === "refused")
      .then(({ problems }) => {
        refusal = problems.map((each) => each.summary).join("\n");
      });
    box.write("main.policy", text);
    let heard = "";
    for (const [at, gate] of gates.entries()) {
      gate.resolve();
      while (!heard.includes(`piece-${at} `)) heard += (await reader?.read())?.value ?? "";
      // Some pieces come while the file is looked at, the rest when that is over.
      if (at === 20) await refused;
    }
    expect(refusal).toContain(code);
    expect((await box.chat()).headers.get("x-signalbox-target")).toBe("b");
  },
);

test("rules with more cases than any diagram holds take effect all the same, decided in blocks", async () => {
  const facts = ["tokens", "max_tokens", "messages", "turns", "tools", "images", "audio", "files"];
  const text = rules(300, (index) => {
    const [a, b, c] = [index % 8, (index * 3 + 1) % 8, (index * 5 + 2) % 8].map((at) => facts[at]);
    return `if ${a} < ${index * 7} and (${b} > ${index * 3} or ${c} < ${index * 11 + 5}) then ${["a", "b", "c"][index % 3]}`;
  });
  await using box = await startTestGateway({ policies: { main: "otherwise b\n" } });
  const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
  box.write(
    "main.policy",
    `never a when tokens > 5 and stream\n${text.replaceAll(" then a", " then any of [a, c]")}`,
  );
  expect((await swapped).result).toBe("swapped");
  expect((await box.chat()).status).toBe(200);
});
