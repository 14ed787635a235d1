import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { read } from "../configuration/support.ts";

const bin = fileURLToPath(new URL("../../bin/signalbox.mjs", import.meta.url));
const secret = "sb-0123456789abcdefghij";
const sha256 = (of: string): string => createHash("sha256").update(of).digest("hex");

/** Runs `key hash` with something on its standard input. */
async function hash(input: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [bin, "key", "hash", ...args]);
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { out, err, code: Number(code) };
}

test("key hash prints the line for signalbox.yaml of the secret on its input, and not the secret", async () => {
  const { out, err, code } = await hash(`${secret}\n`, "--name", "app of ours");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).not.toContain(secret);
  const { configuration, diagnostics } = read(`keys:\n${out}`);
  expect(diagnostics).toEqual([]);
  expect(configuration?.keys).toMatchObject([
    { name: "app of ours", secret: { kind: "hash", sha256: sha256(secret) } },
  ]);
});

test("key hash --new makes a secret, apart from the line", async () => {
  const { out, err, code } = await hash("", "--new");
  const made = /sb-[\w-]{48}/.exec(err)?.[0] ?? "";
  expect(code).toBe(0);
  expect(out).toBe(`  my-app: { hash: "sha256:${sha256(made)}" }\n`);
  const json = JSON.parse((await hash("", "--new", "--json")).out) as Record<string, string>;
  expect(json["hash"]).toBe(`sha256:${sha256(json["secret"] ?? "")}`);
});

test.each([
  ["nothing", ""],
  ["a word", "secret"],
  ["two words", "one two three four five six"],
  ["another alphabet", "ключ-ключ-ключ-ключ-ключ"],
  ["a book", "x".repeat(1_000_000)],
])("%s is no secret, and is not shown", async (_name, input) => {
  const { out, err, code } = await hash(input);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^the secret has to be 20 to 1024/);
  if (input.length > 6) expect(err).not.toContain(input.slice(0, 30));
});
