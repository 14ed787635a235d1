import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reservedWords } from "../grammar/tokens.ts";
import { builtInFacts, shippedIntents } from "../src/facts/built-in.ts";
import { costClassDocs } from "../src/facts/cost-class.ts";
import type { Fact, Trust } from "../src/facts/fact.ts";
import { clientFamilies, clientFamilyDocs, ledgerFamilies } from "../src/facts/look-up.ts";
import { responseFacts } from "../src/facts/response-facts.ts";
import { abilities, targetFacts } from "../src/facts/target-facts.ts";
import { optionTable } from "../src/language/checker/option-table.ts";
import { settableFields } from "../src/language/checker/set-option.ts";
import { typeName } from "../src/language/checker/typed.ts";
import { causeDocs } from "../src/language/service/word-docs.ts";
import { causes, retryableCauses } from "../src/protocol/cause.ts";

const trustWords: Readonly<Record<Trust, string>> = {
  gateway: "the gateway",
  key: "the caller's key",
  client: "the client",
};

/** The generated parts of the language reference, by the word of their markers. */
function parts(): Readonly<Record<string, string>> {
  return {
    facts: table(
      ["fact", "type", "cost", "whose word", "unknown?", "what it is"],
      builtInFacts.map(factRow),
    ),
    families: table(["fact", "type", "cost", "whose word", "what it is"], familyRows()),
    "target-facts": table(
      ["fact", "type", "when it is known", "unknown?", "what it is"],
      targetFacts.map(({ name, type, kind, mayBeUnknown, doc }) => [
        code(name),
        typeWords(type),
        kind === "static" ? "always: configured" : "live",
        mayBeUnknown ? "yes" : "never",
        doc,
      ]),
    ),
    abilities: codes(abilities),
    "response-facts": table(
      ["fact", "type", "what it is"],
      responseFacts.map(({ name, type, doc }) => [code(`response.${name}`), typeWords(type), doc]),
    ),
    intents: codes(shippedIntents),
    causes: table(
      ["cause", "`fallback` takes it by itself", "what happened"],
      causes.map((cause) => [
        code(cause),
        retryableCauses.has(cause) ? "yes" : "no",
        causeDocs[cause],
      ]),
    ),
    options: table(
      ["option", "what it does"],
      optionTable.map(({ usage, doc }) => [code(usage), doc]),
    ),
    fields: table(
      ["field", "takes"],
      settableFields().map(({ name, takes }) => [code(name), takes]),
    ),
    reserved: code([...reservedWords].join(" ")),
  };
}

function factRow({ name, type, costClass, trust, mayBeUnknown, doc }: Fact): string[] {
  const values = type.kind === "text" && type.values !== undefined ? ` ${codes(type.values)}` : "";
  const said = name === "intent" ? doc : `${doc}${values === "" ? "" : ` One of${values}.`}`;
  return [
    code(name),
    typeWords(type),
    `${costClass}: ${costClassDocs[costClass]}`,
    trustWords[trust],
    mayBeUnknown ? "yes" : "never",
    said,
  ];
}

function familyRows(): string[][] {
  const client = clientFamilies.map((family) => [
    code(`${family}.NAME`),
    "text",
    `0: ${costClassDocs[0]}`,
    trustWords.client,
    clientFamilyDocs[family],
  ]);
  const ledger = Object.entries(ledgerFamilies).map(([family, { type, ends, doc }]) => [
    ends.map((end) => code(`${family}.FACT.${end}`)).join(" "),
    typeWords(type),
    `1: ${costClassDocs[1]}`,
    trustWords.gateway,
    doc,
  ]);
  return [...client, ...ledger];
}

function typeWords(type: Fact["type"]): string {
  return typeName(type).replace(/^an? /, "");
}

function code(text: string): string {
  return `\`${text}\``;
}

function codes(words: readonly string[]): string {
  return words.map(code).join(" ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

/** The language reference with its generated parts as the code's own tables have them; a part without markers is a mistake. */
export function generatedReference(text: string): string {
  let written = text;
  for (const [name, part] of Object.entries(parts())) {
    const marked = new RegExp(`<!-- ${name} -->\\n[\\s\\S]*?<!-- /${name} -->`);
    if (!marked.test(written)) throw new Error(`grammar/README.md has no place for ${name}`);
    written = written.replace(marked, () => `<!-- ${name} -->\n${part}\n<!-- /${name} -->`);
  }
  return written;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "..", "grammar", "README.md");
  writeFileSync(path, generatedReference(readFileSync(path, "utf8")));
}
