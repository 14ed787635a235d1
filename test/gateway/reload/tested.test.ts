import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ReloadEvent } from "../../../src/gateway/core.ts";
import { StartError } from "../../../src/gateway/start-error.ts";
import { configurationText, startTestGateway, type TestGateway } from "../../support/gateway.ts";

const tested = (action: string): string => `otherwise ${action}\ntest "all go to a" expect a\n`;

async function targetOf(box: TestGateway): Promise<string | null> {
  const response = await box.chat({ model: "main" });
  await response.text();
  return response.headers.get("x-signalbox-target");
}

/** Changes files and waits for the reading that follows. */
async function after(
  box: TestGateway,
  result: ReloadEvent["result"],
  change: () => void,
): Promise<ReloadEvent> {
  const reloaded = box.gateway.nextReload((event) => event.result === result);
  change();
  return await reloaded;
}

async function lastError(box: TestGateway): Promise<string | undefined> {
  const ready = (await (await fetch(`${box.gateway.url}/readyz`)).json()) as {
    policies: { name: string; lastError?: string }[];
  };
  return ready.policies.find(({ name }) => name === "main")?.lastError;
}

test("an edit that breaks a test of its own file keeps the last version serving, and says which test and why", async () => {
  await using box = await startTestGateway({ policies: { main: tested("a") } });
  await after(box, "refused", () => box.write("main.policy", tested("b fallback a")));
  expect(await targetOf(box)).toBe("a");
  const said = await lastError(box);
  expect(said).toMatch(
    /main\.policy:2: the test `all go to a` fails: expected `a`, but the decision is `b fallback a`$/,
  );
  expect(box.logged.join("")).toContain("the test `all go to a` fails");
  await after(box, "swapped", () => box.write("main.policy", tested("a fallback c")));
  expect(await targetOf(box)).toBe("a");
  expect(await lastError(box)).toBeUndefined();
});

test("so do the cases beside it, whichever of the two files is edited", async () => {
  await using box = await startTestGateway({ policies: { main: "otherwise a\n" } });
  // Cases that come later are seen too, and a file that is wrong is told like one that fails.
  await after(box, "refused", () => box.write("main.cases.yaml", "- expect: nobody\n"));
  expect(await lastError(box)).toMatch(/main\.cases\.yaml:1: P0202/);
  await after(box, "swapped", () => box.write("main.cases.yaml", "- { name: to a, expect: a }\n"));
  expect(await lastError(box)).toBeUndefined();
  await after(box, "refused", () => box.write("main.policy", "otherwise b\n"));
  expect(await targetOf(box)).toBe("a");
  expect(await lastError(box)).toMatch(/main\.cases\.yaml:1: the test `to a` fails/);
  // Without the cases nothing stands against the edit.
  await after(box, "swapped", () => unlinkSync(join(box.folder, "main.cases.yaml")));
  expect(await targetOf(box)).toBe("b");
});

test("a prompt of a test is read as a request's would be", async () => {
  const policy = (name: string): string => `intent greeting contains "hello"
    if intent is greeting then a else b
    test "greetings" given prompt "hello there" expect ${name}\n`;
  await using box = await startTestGateway({ policies: { main: policy("a") } });
  await after(box, "refused", () => box.write("main.policy", policy("b")));
  expect(await lastError(box)).toContain("the test `greetings` fails");
  expect(await targetOf(box)).toBe("a");
});

test("a configuration under which a test of a policy in force fails is refused", async () => {
  const cheapest = 'otherwise cheapest of [a, b] test "a is cheaper" given tokens 9 expect a\n';
  await using box = await startTestGateway({ policies: { main: cheapest } });
  const text = configurationText(box.upstream.url, {}).replace("{ input: $1/M", "{ input: $9/M");
  await after(box, "refused", () =>
    box.write("signalbox.yaml", text.replace("output: $2/M", "output: $9/M")),
  );
  expect(await targetOf(box)).toBe("a");
  expect(await lastError(box)).toContain("the test `a is cheaper` fails");
});

test("a gateway does not start with a policy that fails its tests", async () => {
  const starting = startTestGateway({ policies: { main: tested("b") } });
  await expect(starting).rejects.toThrow(StartError);
  await expect(starting).rejects.toThrow("the test `all go to a` fails");
});
