import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Dispatcher } from "undici";
import { afterEach, expect, test } from "vitest";
import type { Provider } from "../../../src/configuration/configuration.ts";
import {
  createPools,
  defaultPoolSettings,
  type Pools,
} from "../../../src/runtime/transport/pools.ts";
import { transportFailure } from "../../../src/runtime/transport/transport-failure.ts";
import { scripts, startScriptedUpstream } from "../../support/scripted-upstream.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { providerAt } from "../../support/socket-bench.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const request = (model: string) => ({ path: "/x", headers: [], body: JSON.stringify({ model }) });

interface Call {
  readonly ended: Promise<"end" | Error>;
  readonly started: Promise<void>;
}

function send(pools: Pools, provider: Provider, model: string): Call {
  const ended = Promise.withResolvers<"end" | Error>();
  const started = Promise.withResolvers<void>();
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => undefined,
    onResponseStart: () => started.resolve(),
    onResponseData: () => undefined,
    onResponseEnd: () => ended.resolve("end"),
    onResponseError: (_, error) => ended.resolve(error),
  };
  pools.dispatch(provider, request(model), handler);
  return { ended: ended.promise, started: started.promise };
}

function openPools(settings: Partial<typeof defaultPoolSettings> = {}): Pools {
  const pools = createPools({ ...defaultPoolSettings, ...settings });
  closing.push(() => pools.destroy());
  return pools;
}

test("no more connections are opened than the provider allows, and they are kept for the next request", async () => {
  const upstream = await startScriptedUpstream(() => scripts.reply());
  closing.push(upstream.close);
  const pools = openPools();
  const provider = providerAt(upstream.url, 2);
  const all = Array.from({ length: 12 }, () => send(pools, provider, "a").ended);
  expect(pools.inFlight()).toBe(12);
  expect(new Set(await Promise.all(all))).toEqual(new Set(["end"]));
  expect(upstream.openConnections()).toBe(2);
  expect(pools.inFlight()).toBe(0);
});

test("a reload keeps the connections of providers that did not change", async () => {
  const upstream = await startScriptedUpstream(() => scripts.reply());
  closing.push(upstream.close);
  const pools = openPools();
  const provider = providerAt(upstream.url, 1);
  await send(pools, provider, "a").ended;
  const again: Provider = { ...provider, headers: { "x-new": "1" } };
  pools.reload([again]);
  await send(pools, again, "a").ended;
  expect(upstream.seen).toHaveLength(2);
  expect(upstream.accepted).toBe(1);
});

test("a provider that leaves the configuration closes only when its last request is over", async () => {
  const upstream = await startScriptedUpstream(() => scripts.reply());
  closing.push(upstream.close);
  const held = await startScriptedUpstream((_, nth) =>
    nth === 0 ? scripts.begun("stall") : scripts.reply(),
  );
  closing.push(held.close);
  const pools = openPools();
  const leaving = send(pools, providerAt(held.url), "a");
  await leaving.started;
  pools.reload([providerAt(upstream.url)]);
  expect(await send(pools, providerAt(upstream.url), "b").ended).toBe("end");
  expect(pools.inFlight()).toBe(1);
  expect(held.openConnections()).toBe(1);
  await held.close();
  expect(await leaving.ended).toBeInstanceOf(Error);
  await pools.close();
  expect(pools.inFlight()).toBe(0);
});

test("a graceful close waits for what is in flight", async () => {
  const upstream = await startScriptedUpstream(() => scripts.stream());
  closing.push(upstream.close);
  const pools = openPools();
  const { ended } = send(pools, providerAt(upstream.url), "a");
  await pools.close();
  expect(await Promise.race([ended, "still open"])).toBe("end");
});

async function startTls(): Promise<string> {
  const server = createServer(selfSigned, (_, response) => response.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

test("a certificate that nobody vouches for is refused, whatever the environment says", async () => {
  const url = await startTls();
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    const error = await send(openPools(), providerAt(url), "a").ended;
    expect(transportFailure(error as Error, false)).toMatchObject({
      cause: "network",
      code: "upstream_tls_error",
      retrySame: false,
    });
  } finally {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
});

test("an operator's own authority is trusted when it is named", async () => {
  const url = await startTls();
  const pools = openPools({ certificateAuthorities: [selfSigned.cert] });
  expect(await send(pools, providerAt(url), "a").ended).toBe("end");
});

test("the authority of one provider is trusted for it alone, and none where its file is missing", async () => {
  const provider = providerAt(await startTls());
  const pools = openPools();
  const trusting = { ...provider, authorities: selfSigned.cert };
  expect(await send(pools, trusting, "a").ended).toBe("end");
  expect(await send(pools, provider, "a").ended).toBeInstanceOf(Error);
  expect(await send(pools, { ...provider, authorities: "" }, "a").ended).toBeInstanceOf(Error);
});

test("a response larger than the bound is cut", async () => {
  const upstream = await startScriptedUpstream(() => [
    { do: "head", status: 200, headers: {} },
    { do: "flood", bytes: Buffer.alloc(1_000), times: 1_000 },
    { do: "end" },
  ]);
  closing.push(upstream.close);
  const pools = openPools({ maxResponseBytes: 10_000 });
  const error = await send(pools, providerAt(upstream.url), "a").ended;
  expect(transportFailure(error as Error, true)).toMatchObject({ code: "upstream_bad_response" });
});

test.each([
  ["ENOTFOUND", "upstream_unreachable", false],
  ["EAI_AGAIN", "upstream_unreachable", true],
  ["ECONNREFUSED", "upstream_unreachable", true],
  ["UND_ERR_CONNECT_TIMEOUT", "upstream_unreachable", true],
  ["ECONNRESET", "upstream_connection_lost", true],
  ["UND_ERR_SOCKET", "upstream_connection_lost", true],
  ["CERT_HAS_EXPIRED", "upstream_tls_error", false],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "upstream_tls_error", false],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "upstream_tls_error", false],
  ["HPE_INVALID_CONSTANT", "upstream_bad_response", false],
  ["UND_ERR_HEADERS_OVERFLOW", "upstream_bad_response", false],
  ["UND_ERR_RES_EXCEEDED_MAX_SIZE", "upstream_bad_response", false],
  ["something new", "upstream_connection_lost", true],
])("%s is %s", (code, expected, retrySame) => {
  const error = Object.assign(new Error("connect 10.0.0.1:443"), { code });
  const failure = transportFailure(error, false);
  expect(failure).toMatchObject({ code: expected, retrySame });
  expect(failure.message).not.toContain("10.0.0.1");
});

test("an error for several addresses is judged by the first", () => {
  const refused = Object.assign(new Error(""), { code: "ECONNREFUSED" });
  const error = new AggregateError([refused, refused]);
  expect(transportFailure(error, false)).toMatchObject({ code: "upstream_unreachable" });
});
