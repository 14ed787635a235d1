import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { FileNames } from "../../src/lsp/file-names.ts";

const root = resolve("/desk");
const uri = (path: string): string => pathToFileURL(resolve(path)).href;

const names: readonly (readonly [uri: string, name: string])[] = [
  [uri("/desk/a.policy"), "a.policy"],
  [uri("/desk/sub/a b.policy"), "sub/a b.policy"],
  [uri("/desk/ünï🙂.policy"), "ünï🙂.policy"],
  [uri("/desktop/a.policy"), resolve("/desktop/a.policy")],
  [uri("/a.policy"), resolve("/a.policy")],
  [uri("/desk/untitled:x"), resolve("/desk/untitled:x")],
  ["untitled:Untitled-1", "untitled:Untitled-1"],
  ["git:/desk/a.policy?ref", "git:/desk/a.policy?ref"],
  ["file://elsewhere%2/x.policy", "file://elsewhere%2/x.policy"],
];

test.each(names)("%s is called %s, and found again by that", (each, name) => {
  const files = new FileNames(root);
  expect(files.ofUri(each)).toBe(name);
  expect(files.uriOf(name)).toBe(each);
});

test("a client's own way to escape is kept", () => {
  const files = new FileNames(root);
  const name = files.ofUri("file:///desk/a%2Db.policy");
  expect(name).toBe("a-b.policy");
  expect(files.uriOf(name)).toBe("file:///desk/a%2Db.policy");
});

test("a text on no disk has the folder's as its own", () => {
  const files = new FileNames(root);
  expect(files.pathOf("untitled:Untitled-1")).toBeNull();
  expect(files.folderOf("untitled:Untitled-1")).toBe(root);
  expect(files.folderOf("sub/a.policy")).toBe(resolve(root, "sub"));
});
