import { expect, test } from "vitest";
import { isTextType, textTypeOfName } from "../../src/protocol/text-media.ts";

test.each([
  "text/plain",
  "text/csv",
  "message/rfc822",
  "application/json",
  "application/ld+json",
  "application/x-ndjson",
  "application/xml",
  "application/x-yaml",
  "application/javascript",
])("%s is text", (type) => expect(isTextType(type)).toBe(true));

test.each([
  "",
  "application/pdf",
  "application/octet-stream",
  "application/zip",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/msword",
  "image/svg+xml",
  "video/mp4",
  `text/${"x".repeat(200)}`,
])("%s is no text", (type) => expect(isTextType(type)).toBe(false));

test.each([
  ["notes.TXT", "text/plain"],
  ["a.b.csv", "text/csv"],
  ["main.py", "text/plain"],
  ["a.json", "application/json"],
  [`${"a".repeat(5000)}.md`, "text/markdown"],
  ["paper.pdf", null],
  ["README", null],
  ["txt", null],
  [undefined, null],
  [5, null],
])("the name %s stands for %s", (name, type) => expect(textTypeOfName(name)).toBe(type));
