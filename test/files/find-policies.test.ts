import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { configurationPlaces } from "../../src/files/find-configuration.ts";
import { findPolicies } from "../../src/files/find-policies.ts";

const root = mkdtempSync(join(tmpdir(), "signalbox-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("policies are found in folders below, but not in hidden ones or among installed packages", () => {
  for (const path of [
    "b.policy",
    "a/c.policy",
    ".git/d.policy",
    "node_modules/x/e.policy",
    "a/f.txt",
  ]) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "");
  }
  mkdirSync(join(root, "folder.policy"));
  expect(findPolicies(root).map((path) => relative(root, path))).toEqual([
    join("a", "c.policy"),
    "b.policy",
  ]);
});

test("folders within folders have an end", () => {
  const deep = join(root, ...Array<string>(40).fill("d"));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "deep.policy"), "");
  expect(findPolicies(root)).toHaveLength(2);
});

test("a folder that is not there holds no policies", () => {
  expect(findPolicies(join(root, "gone"))).toEqual([]);
});

test("a configuration stands beside its policies, else in policies/ of the root", () => {
  expect(configurationPlaces("/a/b", "/a")).toEqual([
    join("/a/b", "signalbox.yaml"),
    join("/a", "policies", "signalbox.yaml"),
  ]);
});
