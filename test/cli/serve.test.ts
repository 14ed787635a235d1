import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serve, signalbox } from "../support/command.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("serve", () => {
  test("prints where it listens as its first line, answers, and stops with exit code 0", async () => {
    const { first, stop } = await serve(["--stand-ins"]);
    expect(first.policies.map(({ name }) => name)).toContain("hybrid");
    expect(first.targets).toContainEqual({ name: "claude", state: "stand-in" });
    const answer = await fetch(`${first.listening}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "hybrid",
        messages: [{ role: "user", content: "Classify: spam or not?" }],
      }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-signalbox-target")).toBe("local-gpu");
    expect(await stop()).toBe(0);
  });

  test("one Ctrl-C that arrives twice, by the terminal and by a parent, is one", async () => {
    const { stop } = await serve(["--stand-ins"]);
    expect(await stop("SIGINT", "SIGTERM")).toBe(0);
  });

  test("an operator's drain ends it with exit code 0, as a signal does", async () => {
    const config = join(folder, "drained.yaml");
    writeFileSync(
      config,
      `policies: drained.policy\ndefault-policy: drained\nadmin: { key: "\${OPERATOR}" }\nproviders: { home: { kind: ollama } }\ntargets: { a: { provider: home, model: m } }\n`,
    );
    writeFileSync(join(folder, "drained.policy"), "otherwise a\n");
    const { first, ended } = await serve(["--config", config], { env: { OPERATOR: "sk-admin" } });
    const drained = await fetch(`${first.listening}/admin/drain`, {
      method: "POST",
      headers: { "x-signalbox-admin-key": "sk-admin" },
    });
    expect([drained.status, await drained.json()]).toEqual([202, { draining: true, inFlight: 0 }]);
    expect(await ended).toBe(0);
  });

  test("a taken port is one clear line", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await signalbox(["serve", "--stand-ins", "--port", String(port)]);
    other.close();
    expect(code).toBe(2);
    expect(stderr).toContain(
      `cannot listen on 127.0.0.1:${port}: something else listens there already`,
    );
  });

  test("a default policy with errors is not served: all of them are shown, exit code 1", async () => {
    const config = join(folder, "serve.yaml");
    writeFileSync(
      config,
      "policies: wrong.policy\ndefault-policy: wrong\nproviders: { home: { kind: ollama } }\ntargets: { a: { provider: home, model: m } }\n",
    );
    writeFileSync(join(folder, "wrong.policy"), "if toknes < 1 then a else b\n");
    const { code, stdout, stderr } = await signalbox([
      "serve",
      "--config",
      config,
      "--port",
      "0",
      "--json",
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.match(/^error\[/gm)).toHaveLength(2);
  });

  test("without --stand-ins a missing key is one clear line", async () => {
    const { code, stderr } = await signalbox(["serve", "--port", "0"], {
      env: { ANTHROPIC_API_KEY: "" },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("ANTHROPIC_API_KEY");
  });

  test("stand-ins are refused beyond loopback", async () => {
    const { code, stderr } = await signalbox([
      "serve",
      "--stand-ins",
      "--host",
      "0.0.0.0",
      "--port",
      "0",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/stand-in|loopback/);
  });
});
