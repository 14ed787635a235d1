import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type StandIn, type StandInOptions, startStandIn } from "../../src/stand-in/server.ts";
import { instant } from "../../src/stand-in/speed.ts";

const open: StandIn[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function start(options: StandInOptions): Promise<StandIn> {
  const standIn = await startStandIn(options);
  open.push(standIn);
  return standIn;
}

const body = { model: "m", messages: [{ role: "user", content: "Hi" }] };
const post = (standIn: StandIn, fields: object = {}, signal?: AbortSignal): Promise<Response> =>
  fetch(`${standIn.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ ...body, ...fields }),
    ...(signal === undefined ? {} : { signal }),
  });

describe("a scripted stand-in", () => {
  test("answers by the script, and keeps the calls", async () => {
    const standIn = await start({
      script: ({ number }) =>
        number === 0
          ? { status: 429, headers: { "retry-after": "3" }, body: '{"error":"x"}' }
          : null,
    });
    const first = await post(standIn);
    expect([first.status, first.headers.get("retry-after"), await first.text()]).toEqual([
      429,
      "3",
      '{"error":"x"}',
    ]);
    expect(await (await post(standIn)).text()).toContain("stand-in for m");
    expect(standIn.calls.map((call) => call.body["model"])).toEqual(["m", "m"]);
  });

  test("cuts its bytes wherever it is told, on the wire", async () => {
    const standIn = await start({ script: () => ({ body: ["abc", "defg"], chunkBytes: 2 }) });
    const raw = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(Number(new URL(standIn.url).port), "127.0.0.1", () =>
        socket.write(
          "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        ),
      );
      socket.on("data", (piece) => (text += piece.toString())).on("close", () => resolve(text));
    });
    expect(raw.split("\r\n\r\n")[1]).toContain("2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n1\r\ng\r\n0");
  });

  test("holds its head and its pieces until released", async () => {
    const head = Promise.withResolvers<void>();
    const piece = Promise.withResolvers<void>();
    const standIn = await start({
      script: () => ({
        body: ["a", "b"],
        holdHead: head.promise,
        hold: (at) => (at === 1 ? piece.promise : undefined),
      }),
    });
    const answer = post(standIn);
    head.resolve();
    const reader = (await answer).body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("a");
    piece.resolve();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("b");
    expect((await reader.read()).done).toBe(true);
  });

  test.each(["cut", "reset"] as const)(
    "breaks the connection after its body: %s",
    async (after) => {
      const standIn = await start({ script: () => ({ body: "abc", after }) });
      await expect(post(standIn).then((response) => response.text())).rejects.toThrow();
    },
  );

  test.each([{ neverAnswers: true }, { body: "a", after: "stall" as const }])(
    "sees a client leave: %j",
    async (behaviour) => {
      const standIn = await start({ script: () => behaviour });
      const leaving = new AbortController();
      const answer = post(standIn, {}, leaving.signal).then((response) => response.text());
      while (standIn.calls.length === 0) await new Promise(setImmediate);
      expect(standIn.open).toBe(1);
      leaving.abort();
      await expect(answer).rejects.toThrow();
      expect(await standIn.calls[0]!.left).toBe(true);
      expect(standIn.open).toBe(0);
    },
  );

  test("tells a client that stayed from one that left", async () => {
    const standIn = await start({ records: true });
    await (await post(standIn)).text();
    expect(await standIn.calls[0]!.left).toBe(false);
  });
});

describe("a modelled stand-in", () => {
  const outcomes = async (seed: string): Promise<string> => {
    const standIn = await start({ seed, defaults: { ...instant, failureRate: 0.5 } });
    let seen = "";
    for (let at = 0; at < 24; at++) {
      const response = await post(standIn);
      await response.arrayBuffer();
      seen += `${response.status} `;
    }
    return seen;
  };

  test("fails by its seed: the same again, another otherwise, and about as often as told", async () => {
    const first = await outcomes("one");
    expect(await outcomes("one")).toBe(first);
    expect(await outcomes("two")).not.toBe(first);
    const ok = first.match(/200/g)?.length ?? 0;
    expect(ok).toBeGreaterThan(4);
    expect(ok).toBeLessThan(20);
  });

  test("keeps the speed it is given", async () => {
    const standIn = await start({ defaults: { ...instant, ttftMs: 40, tokensPerSecond: 400 } });
    const before = performance.now();
    const reader = (await post(standIn, { stream: true, max_tokens: 20 })).body!.getReader();
    await reader.read();
    const firstMs = performance.now() - before;
    while (!(await reader.read()).done);
    const wholeMs = performance.now() - before;
    expect(firstMs).toBeGreaterThan(8);
    expect(wholeMs - firstMs).toBeGreaterThan(30);
  });

  test("refuses what the provider refuses, and knows no other path", async () => {
    const standIn = await start({});
    expect((await post(standIn, { messages: [] })).status).toBe(400);
    expect((await post(standIn, { stream_options: { include_usage: true } })).status).toBe(400);
    expect((await fetch(`${standIn.url}/v1/other`)).status).toBe(404);
  });
});
