import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { configurationSchema } from "../../src/configuration/schema.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { lineAndColumn } from "../../src/diagnostics/position.ts";
import { read } from "./support.ts";

function shown(text: string, { code, span, message }: Diagnostic): string {
  const { line, column } = lineAndColumn(text, span.start);
  return `${code} ${line}:${column} ${message}`;
}

const secret = "sb-0123456789abcdef0123456789abcdef";
const hash = createHash("sha256").update(secret).digest("hex");

describe("a client's key", () => {
  test("can be given by its hash, so that no secret is on the machine", () => {
    for (const written of [hash, hash.toUpperCase()]) {
      const { configuration, diagnostics } = read(
        `keys: { app: { hash: "sha256:${written}", user: u } }`,
      );
      expect(diagnostics).toEqual([]);
      expect(configuration?.keys).toMatchObject([
        { name: "app", secret: { kind: "hash", sha256: hash }, user: "u" },
      ]);
    }
  });

  test.each([
    ["neither", "{ user: u }", "C0105 1:9 `keys.app` has no `key` and no `hash`"],
    [
      "both",
      `{ key: "\${K}", hash: sha256:${hash} }`,
      "C0104 1:9 `keys.app` has a `key` and a `hash`",
    ],
    ["half a hash", "{ hash: sha256:0123 }", "C0106 1:22 this text does not fit here"],
    [
      "a day that there is not",
      `{ hash: sha256:${hash}, expires: 2027-02-30 }`,
      "C0106 1:104 there is no `2027-02-30`",
    ],
    [
      "a time without its zone",
      `{ hash: sha256:${hash}, expires: "2027-02-20T10:00" }`,
      "C0106 1:104 `2027-02-20T10:00` does not fit here",
    ],
  ])("with %s is told where", (_name, entry, expected) => {
    const text = `keys: { app: ${entry} }`;
    expect(
      read(text, { variable: () => "v" }).diagnostics.map((each) => shown(text, each)),
    ).toEqual([expected]);
  });

  test("whose secret stands where its hash belongs shows it nowhere", () => {
    const { configuration, diagnostics, source } = read(`keys: { app: { hash: ${secret} } }`);
    expect(configuration).toBeNull();
    expect(JSON.stringify(diagnostics) + source.text).not.toContain(secret);
  });

  test("is another's when their secrets are one, however they are given", () => {
    const text = `keys: { a: { key: "\${K}" }, b: { hash: "sha256:${hash}" } }\nadmin: { key: "\${K}" }`;
    const found = read(text, { variable: () => secret }).diagnostics;
    expect(found.map((each) => shown(text, each))).toEqual([
      "C0104 1:9 key `a` has the secret of `admin`",
      "C0104 1:29 keys `a` and `b` have the same secret",
      "C0104 1:29 key `b` has the secret of `admin`",
    ]);
  });

  test.each([
    ["2027-01-31", "2027-02-01T00:00:00.000Z"],
    ["2028-02-29", "2028-03-01T00:00:00.000Z"],
    ["2027-01-31T18:00:00Z", "2027-01-31T18:00:00.000Z"],
    ["2027-01-31T18:00+02:00", "2027-01-31T16:00:00.000Z"],
  ])("that expires %s opens nothing from %s on", (expires, expected) => {
    const { configuration } = read(
      `keys: { app: { hash: sha256:${hash}, expires: ${expires}, disabled: true } }`,
    );
    const [key] = configuration?.keys ?? [];
    expect(key?.disabled).toBe(true);
    expect(new Date(key?.expiresAtMs ?? 0).toISOString()).toBe(expected);
  });

  test("has one of the two by the schema too", () => {
    const { properties } = configurationSchema() as unknown as {
      properties: { keys: { additionalProperties: { oneOf: unknown } } };
    };
    expect(properties.keys.additionalProperties.oneOf).toEqual([
      { required: ["key"] },
      { required: ["hash"] },
    ]);
  });
});
