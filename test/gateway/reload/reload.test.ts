import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ReloadEvent } from "../../../src/gateway/core.ts";
import { trainIntents } from "../../../src/training/train-intents.ts";
import { configurationText, startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { ticketTexts } from "../../support/ticket-texts.ts";

const first = "otherwise a\n";
const second = "otherwise b\n";

async function targetOf(box: TestGateway, model = "main"): Promise<string | null> {
  const response = await box.chat({ model });
  await response.text();
  return response.headers.get("x-signalbox-target");
}

/** Changes files and waits for the reading that follows. */
async function after(
  box: TestGateway,
  change: () => void,
  wanted: (event: ReloadEvent) => boolean = ({ result }) => result === "swapped",
): Promise<ReloadEvent> {
  const reloaded = box.gateway.nextReload(wanted);
  change();
  return await reloaded;
}

const refused = ({ result }: ReloadEvent): boolean => result === "refused";

const readiness = async (box: TestGateway) =>
  (await (await fetch(`${box.gateway.url}/readyz`)).json()) as {
    policies: { name: string; hash: string | null; lastError?: string }[];
    configuration: { lastError?: string };
  };

test.each<[string, (path: string, text: string) => void]>([
  ["a write in place", (path, text) => writeFileSync(path, text)],
  [
    "a write beside and an atomic rename",
    (path, text) => {
      writeFileSync(`${path}.tmp`, text);
      renameSync(`${path}.tmp`, path);
    },
  ],
  [
    "vim's way: probe, backup, new file, swap file",
    (path, text) => {
      writeFileSync(join(path, "..", "4913"), "");
      unlinkSync(join(path, "..", "4913"));
      writeFileSync(join(path, "..", ".main.policy.swp"), "swap");
      renameSync(path, `${path}~`);
      writeFileSync(path, text);
      unlinkSync(`${path}~`);
    },
  ],
  [
    "truncated first, written after",
    (path, text) => {
      writeFileSync(path, "");
      writeFileSync(path, text);
    },
  ],
  [
    "deleted and made anew",
    (path, text) => {
      unlinkSync(path);
      writeFileSync(path, text);
    },
  ],
])("%s takes effect, again and again", async (_name, save) => {
  await using box = await startTestGateway({ policies: { main: first } });
  for (const [text, target] of [
    [second, "b"],
    [first, "a"],
    ["otherwise c\n", "c"],
  ] as const) {
    const { changed } = await after(box, () => save(join(box.folder, "main.policy"), text));
    expect(changed).toEqual(["main"]);
    expect(await targetOf(box)).toBe(target);
  }
});

test("a Kubernetes volume's swapped `..data` link takes effect, policies and configuration at once", async () => {
  await using source = await startTestGateway();
  const folder = join(source.folder, "volume");
  const publish = (version: string, text: string): void => {
    const data = join(folder, `..${version}`);
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, "main.policy"), text);
    writeFileSync(join(data, "signalbox.yaml"), configurationText(source.upstream.url, {}));
    symlinkSync(`..${version}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  publish("v1", first);
  for (const name of ["main.policy", "signalbox.yaml"])
    symlinkSync(`..data/${name}`, join(folder, name));
  await using box = await startTestGateway({
    options: { configurationFile: join(folder, "signalbox.yaml") },
  });
  expect(await targetOf(box)).toBe("a");
  await after(box, () => publish("v2", second));
  expect(await targetOf(box)).toBe("b");
  await after(box, () => {
    publish("v3", "otherwise c\n");
    rmSync(join(folder, "..v1"), { recursive: true });
  });
  expect(await targetOf(box)).toBe("c");
});

test.each<[string, (path: string) => void, RegExp]>([
  ["half a file", (path) => writeFileSync(path, "if tokens < 200 then"), /main\.policy:1/],
  ["an empty file", (path) => writeFileSync(path, ""), /empty/],
  [
    "a file without a last rule",
    (path) => writeFileSync(path, "if stream then a\n"),
    /main\.policy/,
  ],
  ["an unknown target", (path) => writeFileSync(path, "otherwise nobody\n"), /nobody/],
  ["a file without rules", (path) => writeFileSync(path, "let x = tokens < 2\n"), /rules/],
  ["a deleted file", (path) => unlinkSync(path), /gone/],
  [
    "a folder in its place",
    (path) => {
      unlinkSync(path);
      mkdirSync(path);
    },
    /not a regular file/,
  ],
])(
  "%s leaves the last good version in force and says so, until it is mended",
  async (_name, spoil, said) => {
    await using box = await startTestGateway({ policies: { main: first, other: second } });
    const path = join(box.folder, "main.policy");
    await after(box, () => spoil(path), refused);
    expect(await targetOf(box)).toBe("a");
    const main = (await readiness(box)).policies.find(({ name }) => name === "main");
    expect(main?.lastError).toMatch(said);
    expect(box.logged.join("")).toContain(main?.lastError ?? "?");
    const metrics = await (await fetch(`${box.gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/signalbox_policy_stale_seconds\{policy="main"\} [0-9.]*[1-9]/);
    expect(metrics).toContain('signalbox_reloads_total{result="refused"} 1');
    await after(box, () => {
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, "otherwise c\n");
    });
    expect(await targetOf(box)).toBe("c");
    expect((await readiness(box)).policies.every(({ lastError }) => lastError === undefined)).toBe(
      true,
    );
  },
);

test("a bad policy holds back none but itself", async () => {
  await using box = await startTestGateway({ policies: { main: first, other: first } });
  const { changed, problems } = await after(box, () => {
    box.write("main.policy", "otherwise nobody\n");
    box.write("other.policy", second);
  });
  expect(changed).toEqual(["other"]);
  expect(problems.map(({ policy }) => policy)).toEqual(["main"]);
  expect([await targetOf(box), await targetOf(box, "other")]).toEqual(["a", "b"]);
});

test("a library's change takes effect in all that use it, or in none", async () => {
  const using = 'use "./shared.policy"\nif short then a else any of small\n';
  const strict = 'use "./shared.policy"\nif short and brief then a else any of small\n';
  const library = (rest: string): string => `let short = tokens < 1\npool small = ${rest}\n`;
  await using box = await startTestGateway({
    policies: { main: using, strict, shared: `${library("b")}let brief = tokens < 1\n` },
  });
  expect([await targetOf(box), await targetOf(box, "strict")]).toEqual(["b", "b"]);
  const { changed } = await after(box, () =>
    box.write("shared.policy", `${library("c")}let brief = tokens < 2\n`),
  );
  expect(changed.toSorted()).toEqual(["main", "strict"]);
  expect([await targetOf(box), await targetOf(box, "strict")]).toEqual(["c", "c"]);
  // Without `brief` only `strict` fails, but `main` must not run ahead of it with half of the change.
  const event = await after(box, () => box.write("shared.policy", library("b")), refused);
  expect(event.problems.find(({ policy }) => policy === "main")?.summary).toContain("waits");
  expect([await targetOf(box), await targetOf(box, "strict")]).toEqual(["c", "c"]);
});

test("a changed configuration swaps with the policies; a bad one, or one a policy cannot live with, is refused", async () => {
  await using box = await startTestGateway({ policies: { main: second, other: first } });
  const text = configurationText(box.upstream.url, {});
  await after(box, () =>
    box.write("signalbox.yaml", text.replace("default-policy: main", "default-policy: other")),
  );
  expect(await targetOf(box, "whatever")).toBe("a");
  await after(box, () => box.write("signalbox.yaml", "targets: ["), refused);
  expect((await readiness(box)).configuration.lastError).toMatch(/signalbox\.yaml/);
  await after(box, () => box.write("signalbox.yaml", ""), refused);
  const without = text.replace(/^ {2}b: .*\n/m, "");
  const event = await after(box, () => box.write("signalbox.yaml", without), refused);
  expect(event.problems.map(({ summary }) => summary).join()).toMatch(/refused/);
  expect([await targetOf(box, "whatever"), await targetOf(box, "main")]).toEqual(["a", "b"]);
  // A policy that no longer needs the target comes with the configuration that no longer has it.
  await after(box, () => {
    box.write("main.policy", "otherwise c\n");
    box.write("signalbox.yaml", without);
  });
  expect(await targetOf(box)).toBe("c");
});

test("a configuration under which a guard is broken is refused, though no policy changed", async () => {
  const guarded = 'never region is not eu when header.x-pii is not "no"\notherwise b\n';
  const regions = (text: string, of: string): string =>
    text.replace("model: model-b,", `model: model-b, region: ${of},`);
  await using box = await startTestGateway({ policies: { main: second } });
  const refusal = await after(box, () => box.write("main.policy", guarded), refused);
  expect(refusal.problems.map(({ summary }) => summary).join()).toMatch(/does not hold/);
  const text = configurationText(box.upstream.url, {});
  await after(box, () => {
    box.write("main.policy", guarded);
    box.write("signalbox.yaml", regions(text, "eu"));
  });
  const event = await after(box, () => box.write("signalbox.yaml", regions(text, "us")), refused);
  expect(event.problems.map(({ summary }) => summary).join()).toMatch(/does not hold.*refused/);
  expect((await readiness(box)).configuration.lastError).toMatch(/refused/);
  // What was in force stays so, its target still in the region that the guard asks for.
  expect(await targetOf(box)).toBe("b");
});

test("a rotated secret file takes effect", async () => {
  await using box = await startTestGateway();
  const text = configurationText(box.upstream.url, {}).replace(/"\$\{UP_KEY\}"/, '"file:up.key"');
  box.write("up.key", "first-key\n");
  await after(box, () => box.write("signalbox.yaml", text));
  await targetOf(box);
  await after(box, () => box.write("up.key", "second-key\n"));
  await targetOf(box);
  const keys = box.upstream.calls.map(({ headers }) => headers["authorization"]);
  expect(keys).toEqual(["Bearer first-key", "Bearer second-key"]);
});

test("new rankings turn `best` at once, and bad ones leave it as it is", async () => {
  await using box = await startTestGateway({
    policies: { main: "otherwise best of [a, b]\n" },
  });
  const text = configurationText(box.upstream.url, {});
  box.write("rankings.yaml", "a: 0.9\nb: 0.8\n");
  await after(box, () => box.write("signalbox.yaml", `quality-file: rankings.yaml\n${text}`));
  expect(await targetOf(box)).toBe("a");
  await after(box, () => box.write("rankings.yaml", "a: 0.7\nb: 0.8\n"));
  expect(await targetOf(box)).toBe("b");
  const event = await after(box, () => box.write("rankings.yaml", "a: 0.9\nbb: 0.8\n"), refused);
  expect(event.problems[0]?.summary).toMatch(/rankings\.yaml:2: C0212 there is no target `bb`/);
  expect(await targetOf(box)).toBe("b");
});

test("a gate's reason, or its failure, keeps a change out", async () => {
  let verdict: () => Promise<readonly string[]> = () => Promise.resolve([]);
  const gates = [{ name: "cases", judge: () => verdict() }];
  await using box = await startTestGateway({ policies: { main: first }, options: { gates } });
  verdict = () => Promise.resolve(["case 3 expects a"]);
  const event = await after(box, () => box.write("main.policy", second), refused);
  expect(event.problems[0]?.summary).toBe("cases: case 3 expects a");
  verdict = () => Promise.reject(new Error("no log"));
  expect((await box.gateway.reload()).result).toBe("refused");
  expect(await targetOf(box)).toBe("a");
  verdict = () => Promise.resolve([]);
  expect((await box.gateway.reload()).result).toBe("swapped");
  expect(await targetOf(box)).toBe("b");
});

test("a hundred saves in a row end in the last content, after a few readings", async () => {
  await using box = await startTestGateway({ policies: { main: first } });
  let readings = 0;
  const done = box.gateway.nextReload((event) => {
    readings += 1;
    return event.changed.includes("main") && box.gateway.policies()[0]?.hash !== hash;
  });
  const hash = box.gateway.policies()[0]?.hash;
  for (let i = 0; i < 100; i += 1)
    box.write("main.policy", i < 99 ? `otherwise a with timeout ${i + 1}s\n` : second);
  await done;
  expect(readings).toBeLessThanOrEqual(2);
  expect(await targetOf(box)).toBe("b");
});

test("a load over its time is stopped, and what was in force stays so", async () => {
  await using box = await startTestGateway({
    policies: { main: first },
    options: { loaderLimits: { timeMs: 4_000, memoryMebibytes: 64 } },
  });
  const rules = Array.from({ length: 30_000 }, (_, i) => `if tokens<${i} then b`);
  const event = await after(
    box,
    () => box.write("main.policy", `${rules.join("\n")}\notherwise b\n`),
    refused,
  );
  expect(
    event.problems
      .map(({ summary }) => summary)
      .join("\n")
      .slice(0, 300),
  ).toMatch(/not checked to the end/);
  expect(await targetOf(box)).toBe("a");
  await after(box, () => box.write("main.policy", second));
  expect(await targetOf(box)).toBe("b");
});

test("a reload says how long the swap held the event loop; one that swaps nothing held it not at all", async () => {
  await using box = await startTestGateway({ policies: { main: first } });
  const swapped = box.gateway.nextReload(({ result }) => result === "swapped");
  box.write("main.policy", second);
  const { swapMs } = await swapped;
  expect(swapMs).toBeGreaterThan(0);
  expect(await box.gateway.reload()).toMatchObject({ result: "unchanged", swapMs: 0 });
});

test("a model of intents that is trained anew takes effect; a damaged one does not, and says so", async () => {
  const labelled = (named: string) =>
    trainIntents(
      ticketTexts.map(({ text, label }) => ({ text, label: label === "billing" ? named : label })),
      { seed: 1, heldOut: 0.2, givenUp: 0.05, embedder: null },
    ).bytes;
  await using box = await startTestGateway({ policies: { main: first } });
  const model = join(box.folder, "tickets.model");
  writeFileSync(model, labelled("billing"));
  await after(
    box,
    () => {
      box.write(
        "signalbox.yaml",
        configurationText(box.upstream.url, { yaml: "intents: { model: tickets.model }" }),
      );
      box.write("main.policy", 'if intent in [billing, "repair"] then b else a\n');
    },
    ({ result, changed }) => result === "swapped" && changed.length > 0,
  );
  const ask = async (content: string) => {
    const response = await box.chat({ model: "main", messages: [{ role: "user", content }] });
    await response.text();
    return response.headers.get("x-signalbox-target");
  };
  expect(await ask("the bill was paid twice")).toBe("b");
  expect(await ask("zebra quux")).toBe("a");
  const before = (await readiness(box)).policies[0]?.hash;

  await after(box, () => writeFileSync(model, "text,label\n"), refused);
  expect((await readiness(box)).configuration.lastError).toContain("no model");
  expect(await ask("the bill was paid twice")).toBe("b");

  await after(box, () => writeFileSync(model, labelled("billing").slice().reverse()), refused);
  await after(
    box,
    () => {
      writeFileSync(model, labelled("invoices"));
      box.write("main.policy", "if intent is invoices then c else a\n");
    },
    ({ result, changed }) => result === "swapped" && changed.length > 0,
  );
  expect(await ask("the bill was paid twice")).toBe("c");
  expect((await readiness(box)).policies[0]?.hash).not.toBe(before);
});
