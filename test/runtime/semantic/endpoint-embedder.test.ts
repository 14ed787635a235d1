import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import {
  type CallEnd,
  EmbeddingError,
  endpointEmbedder,
} from "../../../src/runtime/semantic/endpoint-embedder.ts";
import { type Placing, TooLate } from "../../../src/runtime/semantic/semantic-cache.ts";
import { createFetcher } from "../../../src/runtime/transport/bounded-fetch.ts";

const placing: Placing = { payer: { id: "r", policy: "main", rule: "1", key: "" } };

interface Seen {
  readonly url: string;
  readonly authorization: string;
  readonly body: unknown;
}

/** A server on loopback that answers as it is told, and an embedder that asks it. */
async function stage(
  answer: (n: number) => { status?: number; body: string } | null,
  timeoutMs = 300,
) {
  const seen: Seen[] = [];
  const ends: CallEnd[] = [];
  const arrived = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const server: Server = createServer((request, response) => {
    response.once("close", gone.resolve);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      seen.push({
        url: request.url ?? "",
        authorization: request.headers.authorization ?? "",
        body,
      });
      arrived.resolve();
      const told = answer(seen.length);
      if (told === null) return;
      response.writeHead(told.status ?? 200).end(told.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const fetcher = createFetcher();
  const url = `http://127.0.0.1:${port}/v1`;
  return {
    ...{ seen, url, ends, arrived: arrived.promise, gone: gone.promise },
    embedder: endpointEmbedder({
      endpoint: { url, model: "small", weights: "w", headers: { authorization: "Bearer s3cret" } },
      fetch: fetcher.fetch,
      limits: { timeoutMs, maxBytes: 10_000 },
      calls: () => (end) => ends.push(end),
    }),
    async [Symbol.asyncDispose]() {
      await fetcher.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const embedding = (numbers: unknown): string =>
  JSON.stringify({ object: "list", data: [{ index: 0, embedding: numbers }], model: "small" });

describe("an embedder behind an endpoint", () => {
  it("sends the beginning of a long text", async () => {
    await using place = await stage(() => ({ body: embedding([1]) }));
    await place.embedder.embed("x".repeat(100_000), placing);
    expect(place.seen[0]?.body).toMatchObject({ input: "x".repeat(4_000) });
  });

  it("asks OpenAI's wire, and brings what comes to length 1", async () => {
    await using place = await stage(() => ({ body: embedding([3, 0, -4]) }));
    const vector = await place.embedder.embed("a text", placing);
    expect([...vector].map((value) => value.toFixed(3))).toEqual(["0.600", "0.000", "-0.800"]);
    expect(place.seen).toEqual([
      {
        ...{ url: "/v1/embeddings", authorization: "Bearer s3cret" },
        body: { model: "small", input: "a text", encoding_format: "float" },
      },
    ]);
  });

  it("asks once for one text, also while it is under way", async () => {
    await using place = await stage(() => ({ body: embedding([1, 0]) }));
    await Promise.all([place.embedder.embed("a", placing), place.embedder.embed("a", placing)]);
    await place.embedder.embed("a", placing);
    await place.embedder.embed("b", placing);
    expect(place.seen).toHaveLength(2);
  });

  it("remembers no failure", async () => {
    await using place = await stage((n) =>
      n === 1 ? { status: 503, body: "busy" } : { body: embedding([1]) },
    );
    await expect(place.embedder.embed("a", placing)).rejects.toThrow(/answers 503/);
    expect([...(await place.embedder.embed("a", placing))]).toEqual([1]);
  });

  it.each([
    ["no JSON", "<html>"],
    ["no list", embedding("AAAA")],
    ["an empty list", embedding([])],
    ["what is no number", embedding([1, null])],
    ["no data", "{}"],
    ["null", "null"],
    ["too many bytes", embedding(new Array<number>(9_000).fill(0.5))],
  ])("refuses an answer that holds %s, and never tells the key", async (_what, body) => {
    await using place = await stage(() => ({ body }));
    const refused = await Promise.resolve(place.embedder.embed("a", placing)).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(EmbeddingError);
    expect(String(refused)).toContain(place.url);
    expect(String(refused)).not.toContain("s3cret");
  });

  it("waits no longer than it may", async () => {
    await using place = await stage(() => null);
    await expect(place.embedder.embed("a", placing)).rejects.toThrow(/300 ms/);
  });

  it("asks for no more than so many at once", async () => {
    await using place = await stage(() => ({ body: embedding([1]) }));
    const asked = Array.from({ length: 70 }, (_, n) => place.embedder.embed(`text ${n}`, placing));
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === "rejected")).toHaveLength(6);
  });

  it("ends a call when the last one that waits for it has left, and asks anew for the next", async () => {
    await using place = await stage((n) => (n === 1 ? null : { body: embedding([1]) }), 60_000);
    const leaving = [new AbortController(), new AbortController()];
    const waits = leaving.map(({ signal }) => place.embedder.embed("a", { ...placing, signal }));
    const settled = Promise.allSettled(waits);
    await place.arrived;
    leaving[0]?.abort(new TooLate());
    await expect(waits[0]).rejects.toThrow(EmbeddingError);
    expect([place.seen.length, place.ends]).toEqual([1, []]);
    leaving[1]?.abort(new TooLate());
    await settled;
    await place.gone;
    expect(place.ends).toEqual([{ kind: "left", why: expect.any(TooLate) }]);
    expect([...(await place.embedder.embed("a", placing))]).toEqual([1]);
    expect(place.seen).toHaveLength(2);
  });

  it("goes on for who has time when who has none has left", async () => {
    await using place = await stage(() => ({ body: embedding([1]) }), 60_000);
    const leaving = new AbortController();
    const early = place.embedder.embed("a", { ...placing, signal: leaving.signal });
    const patient = place.embedder.embed("a", placing);
    leaving.abort();
    await expect(early).rejects.toThrow(EmbeddingError);
    expect([...(await patient)]).toEqual([1]);
    expect(place.ends).toMatchObject([{ kind: "ok" }]);
  });

  it("tells each call once how it ended, with what it was answered", async () => {
    const usage = { prompt_tokens: 5 };
    await using place = await stage((n) => {
      if (n === 1) return { body: JSON.stringify({ data: [{ embedding: [1] }], usage }) };
      return n === 2 ? { status: 503, body: "busy" } : { body: "{}" };
    });
    for (const text of ["a", "a", "b", "c"])
      await Promise.resolve(place.embedder.embed(text, placing)).catch(() => undefined);
    expect(place.ends).toMatchObject([
      { kind: "ok", body: { usage } },
      { kind: "failed", answer: { ok: true, status: 503 } },
      { kind: "failed", answer: null },
    ]);
  });
});
