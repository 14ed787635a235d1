import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBeside, openWorkspace } from "../src/cli/workspace.ts";
import { formatSource } from "../src/language/service/format.ts";
import { reviewSource } from "../src/language/service/review-source.ts";
import { type Serving, serve, signalbox } from "./support/command.ts";
import { mayImport } from "./support/rooms.ts";

const rooms = readFileSync("src/README.md", "utf8");

/** The edge table as src/README.md prints it. */
function roomTable(): string {
  const rows = Object.entries(mayImport).map(
    ([room, lower]) =>
      `| \`${room}\` | ${lower.length === 0 ? "–" : lower.map((name) => name.replace("src/", "")).join(", ")} |`,
  );
  return ["| room | may import |", "|---|---|", ...rows].join("\n");
}

test("src/README.md prints the edge table that the architecture test holds", () => {
  const printed = /<!-- rooms -->\n([\s\S]*?)\n?<!-- \/rooms -->/.exec(rooms)?.[1];
  expect(printed).toBe(roomTable());
});

test("src/README.md gives a reason for every dependency, and names no other", () => {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync("package.json", "utf8"),
  ) as Record<"dependencies" | "optionalDependencies", Record<string, string>>;
  const table = rooms.slice(rooms.indexOf("## Dependencies"), rooms.indexOf("Development:"));
  const named = [...table.matchAll(/^\| ([@a-z0-9/-]+) \|/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== "package");
  const all = Object.keys({ ...dependencies, ...optionalDependencies });
  expect(named.toSorted()).toEqual(all.toSorted());
});

const readme = readFileSync("README.md", "utf8");

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    ([, text = ""]) => text,
  );
}

test("README.md is short enough for somebody who has two minutes", () => {
  expect(readme.split("\n").length).toBeLessThanOrEqual(150);
});

test.each(blocks("policy"))("README.md: this policy is whole and legal\n%s", (text) => {
  const { configuration } = openWorkspace(undefined, "policies/hybrid.policy");
  const { policy, diagnostics } = reviewSource(
    { file: "README.md", text },
    configuration,
    loadBeside,
  );
  expect(diagnostics.filter(({ severity }) => severity !== "info")).toEqual([]);
  expect(policy).not.toBeNull();
});

test("README.md shows what check says when the guarded rule falls back to claude", async () => {
  const [shown = ""] = blocks("text").filter((text) => text.startsWith("error["));
  const [guarded = ""] = blocks("policy").filter((text) => text.includes("never "));
  const leaking = guarded.replace(
    "then mistral-eu fallback local-gpu",
    "then mistral-eu fallback claude",
  );
  const folder = mkdtempSync(join(tmpdir(), "signalbox-readme-"));
  writeFileSync(join(folder, "my.policy"), leaking);
  const { stderr } = await signalbox(
    ["check", "my.policy", "--config", resolve("policies/signalbox.yaml")],
    { cwd: folder },
  ).finally(() => rmSync(folder, { recursive: true }));
  for (const line of shown.trim().split("\n")) expect(stderr).toContain(line);
});

test("README.md: the policy it opens with is, formatted, the file it names", () => {
  const opening = formatSource({ file: "README.md", text: blocks("policy")[0] ?? "" });
  expect(opening.ok).toBe(true);
  if (opening.ok) {
    expect(opening.text).not.toBe("");
    expect(readFileSync("policies/hybrid.policy", "utf8")).toContain(opening.text);
  }
});

test("README.md draws the graph that the command draws", async () => {
  const { stdout } = await signalbox(["graph", "policies/hybrid.policy"]);
  expect(blocks("mermaid")).toEqual([stdout]);
});

test("README.md names every command, and no other", async () => {
  const { stdout } = await signalbox(["--help"]);
  const known = [...stdout.matchAll(/^ {2}([a-z]+) \[/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== "help");
  const named = [...readme.matchAll(/^\| `signalbox ([a-z]+)/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(known.toSorted());
});

test("README.md: the simulate line runs as it stands", async () => {
  const line =
    blocks("sh")
      .find((text) => text.startsWith("npx signalbox simulate"))
      ?.trim() ?? "";
  const { code, stdout } = await signalbox(line.split(" ").slice(2));
  expect(code).toBe(0);
  expect(stdout).toMatch(/go elsewhere/);
});

describe("README.md against a running gateway", () => {
  let serving: Serving;
  const folder = mkdtempSync(join("test", ".readme-"));
  beforeAll(async () => {
    serving = await serve(["--stand-ins"]);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    expect(await serving.stop()).toBe(0);
  });
  const here = (text: string): string =>
    text.replaceAll("http://127.0.0.1:8787", serving.first.listening);

  test("the curl line is answered, and its headers say what the text says they do", async () => {
    const line = blocks("sh").find((text) => text.startsWith("curl")) ?? "";
    const { stdout } = await promisify(execFile)("bash", ["-c", here(line)]);
    for (const [, header = ""] of readme.matchAll(/`(x-signalbox-(?:rule|target): [^`]+)`/g)) {
      expect(stdout).toContain(header);
    }
    expect(stdout).toContain('"object":"chat.completion"');
  });

  test("the openai client's lines print an answer", async () => {
    const script = join(folder, "client.mjs");
    writeFileSync(script, here(blocks("js")[0] ?? ""));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    expect(stdout).toContain("stand-in");
  });
});
