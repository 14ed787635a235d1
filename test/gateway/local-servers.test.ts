import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ServerReport } from "../../src/runtime/servers/server-monitor.ts";
import { startTestGateway, type TestGateway, type TestSetup } from "../support/gateway.ts";
import { createHandClock, type HandClock } from "../support/hand-clock.ts";
import {
  type ModelServer,
  type ServerAnswers,
  serverAnswers,
  startModelServer,
} from "../support/model-server.ts";

/** A gateway on a clock of its own, in front of a local server beside its usual upstream. */
interface Box extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly server: ModelServer;
  readonly clock: HandClock;
  /** The next report of a changed health that holds what is wanted. */
  next(wanted: (report: ServerReport) => boolean): Promise<ServerReport>;
  states(): Promise<Record<string, string>>;
  target(policy?: string): Promise<string | null>;
}

const answer = {
  ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "m" },
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

const load = (running: number, waiting: number, kv = 0.1): ServerAnswers => ({
  "/metrics": `vllm:num_requests_running ${running}\nvllm:num_requests_waiting ${waiting}\nvllm:kv_cache_usage_perc ${kv}\n`,
});

interface Setup extends TestSetup {
  readonly kind?: string;
  readonly answers?: ServerAnswers;
  readonly model?: string;
}

async function open(setup: Setup = {}): Promise<Box> {
  const { kind = "vllm", model = "Qwen2.5-7B-Instruct" } = setup;
  const server = await startModelServer({
    ...(setup.answers ?? { ...serverAnswers.vllm, ...load(1, 0) }),
    "/v1/chat/completions": answer,
  });
  const clock = createHandClock(1_000_000);
  const waiting = new Set<(report: ServerReport) => void>();
  const gateway = await startTestGateway({
    policies: { main: "if home.queue < 4 then home else a\n" },
    ...setup,
    providers: () => `  home: { kind: ${kind}, url: "${server.url}", key: "\${HOME_KEY}" }`,
    targets: `  home: { provider: home, model: "${model}" }`,
    options: {
      variables: { UP_KEY: "sk-up", HOME_KEY: "sk-home" },
      clock,
      timerHost: clock,
      onServerChange: (report) => {
        for (const tell of [...waiting]) tell(report);
      },
      ...setup.options,
    },
  });
  return {
    gateway,
    server,
    clock,
    next: (wanted) =>
      new Promise((resolve) => {
        const tell = (report: ServerReport): void => {
          if (!wanted(report)) return;
          waiting.delete(tell);
          resolve(report);
        };
        waiting.add(tell);
      }),
    async states() {
      const body = (await (await fetch(`${gateway.gateway.url}/readyz`)).json()) as {
        targets: { name: string; state: string }[];
      };
      return Object.fromEntries(body.targets.map(({ name, state }) => [name, state]));
    },
    async target(policy = "main") {
      const response = await gateway.chat({ model: policy });
      await response.arrayBuffer();
      return response.headers.get("x-signalbox-target");
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

test("a policy turns to the cloud when the server's own metrics say that its queue is long, and back", async () => {
  await using box = await open();
  expect(await box.target()).toBe("home");
  box.server.set(load(3, 5));
  const full = box.next(({ state }) => state.health === "saturated");
  // The decision rested on a fresh state, so the server is asked again within two seconds.
  box.clock.pass(2_200);
  expect((await full).state).toMatchObject({ running: 3, queued: 5 });
  expect(await box.target()).toBe("a");
  box.server.set(load(0, 0));
  const free = box.next(({ state }) => state.health === "up");
  box.clock.pass(2_200);
  await free;
  expect(await box.target()).toBe("home");
  expect(box.server.keys.every((key) => key === "Bearer sk-home")).toBe(true);
  expect(box.server.mostAtOnce()).toBe(1);
});

test("running requests and the KV cache are facts of a target; for a target that tells neither they are unknown", async () => {
  await using box = await open({
    policies: {
      main: "if home.kv < 50% and home.running <= 2 then home else a\n",
      unknown: "if a.running is unknown and a.kv is unknown then b else a\n",
    },
  });
  expect(await box.target()).toBe("home");
  box.server.set(load(2, 0, 0.9));
  await box.gateway.gateway.askServers();
  expect(await box.target()).toBe("a");
  expect(await box.target("unknown")).toBe("b");
});

test("a server that goes down makes its target unhealthy, in decisions, /readyz and metrics, and comes back", async () => {
  await using box = await open({ policies: { main: "if home.healthy then home else a\n" } });
  expect(await box.states()).toMatchObject({ home: "up", a: "ready" });
  box.server.set({ "/health": { status: 503 } });
  await box.gateway.gateway.askServers();
  expect(await box.target()).toBe("a");
  expect(await box.states()).toMatchObject({ home: "down" });
  const scrape = async (): Promise<string> =>
    await (await fetch(`${box.gateway.gateway.url}/metrics`)).text();
  expect(await scrape()).toContain('signalbox_server_up{server="home"} 0\n');
  expect(box.gateway.logged.join("")).toContain('"health":"down"');
  const back = box.next(({ state }) => state.health === "up");
  box.server.set(serverAnswers.vllm);
  box.clock.pass(1_200);
  await back;
  expect(await box.target()).toBe("home");
  const text = await scrape();
  for (const line of [
    'signalbox_server_up{server="home"} 1',
    'signalbox_server_running{server="home"} 5',
    'signalbox_server_queue{server="home"} 0',
    'signalbox_server_kv_use{server="home"} 0.5',
    'signalbox_server_spec_acceptance{server="home"} 0.7',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
});

test.each<[string, string, ServerAnswers, string, string]>([
  ["has no such model", "ollama", serverAnswers.ollama, "llama3.3:70b", "absent"],
  ["is loading", "llamacpp", { "/health": { status: 503 } }, "m", "loading"],
  ["refuses the key", "vllm", { "/v1/models": { status: 401 } }, "m", "unauthorised"],
])("a server that %s is told in /readyz and passed over", async (...row) => {
  const [, kind, answers, model, state] = row;
  const policies = { main: "if home.healthy then home else a\n" };
  await using box = await open({ kind, answers, model, policies });
  expect(await box.states()).toMatchObject({ home: state });
  expect(await box.target()).toBe("a");
});

test("a model that Ollama loads on demand counts as healthy, and its digest stands in the record", async () => {
  const policies = { main: "if home.healthy then home else a\n" };
  const folder = mkdtempSync(join(tmpdir(), "signalbox-weights-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "decisions.jsonl");
  await using box = await open({
    ...{ kind: "ollama", answers: { ...serverAnswers.ollama, "/api/ps": { models: [] } } },
    ...{ model: "nomic-embed-text", policies },
    yaml: `telemetry: { decision-log: "${log}" }\n`,
  });
  expect(await box.target()).toBe("home");
  await box.gateway.gateway.close();
  const record = JSON.parse(readFileSync(log, "utf8")) as { attempts: { weights?: string }[] };
  expect(record.attempts[0]?.weights).toBe(`digest:sha256:${"cd34".repeat(16)}`);
});

test("a reload keeps the state of a server that did not change, and asks a new one", async () => {
  await using box = await open();
  const asked = box.server.asked.length;
  box.gateway.write("main.policy", "if home.queue < 2 then home else b\n");
  await box.gateway.gateway.reload();
  expect(await box.states()).toMatchObject({ home: "up" });
  expect(box.server.asked.length).toBe(asked);
  const other = await startModelServer({ ...serverAnswers.vllm, ...load(9, 9) });
  const known = box.next(({ state }) => state.health === "saturated");
  const yaml = readFileSync(join(box.gateway.folder, "signalbox.yaml"), "utf8");
  box.gateway.write("signalbox.yaml", yaml.replace(box.server.url, other.url));
  await box.gateway.gateway.reload();
  await known;
  expect(await box.target()).toBe("b");
  await other.close();
});

test("what a stand-in plays is not asked, and is named a stand-in", async () => {
  await using box = await open({ options: { variables: {}, standIns: true } });
  expect(await box.states()).toMatchObject({ home: "stand-in" });
  box.clock.pass(60_000);
  expect(await box.target()).toBe("home");
  expect(box.server.asked).toEqual([]);
  const metrics = await (await fetch(`${box.gateway.gateway.url}/metrics`)).text();
  expect(metrics).not.toContain("signalbox_server_up{");
});

test("servers that are not configured are found, and the configured ones are no news", async () => {
  await using box = await open();
  const other = await startModelServer(serverAnswers.lmstudio);
  const ports = [box.server.port, other.port, Number(new URL(box.gateway.gateway.url).port)];
  const found = await box.gateway.gateway.findServers(ports);
  expect(found).toMatchObject([{ port: other.port, kind: "lmstudio", models: expect.any(Array) }]);
  await other.close();
});
