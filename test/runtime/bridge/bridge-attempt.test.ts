import { describe, expect, test } from "vitest";
import { isInstalled } from "../../support/bridge-bench.ts";
import { cohere, deltasOf, stage, until } from "../../support/cohere-stage.ts";
import { coherePieces, cohereScripts } from "../../support/cohere-wire.ts";
import { planOver } from "../../support/plans.ts";

const { start, end } = coherePieces;

describe.skipIf(!isInstalled(cohere))("an attempt through a package", () => {
  test("an answer that is too long is not kept", async () => {
    const { bench } = await stage(() => cohereScripts.reply(), { bodyBytes: 20 });
    const { failure } = await bench.send(planOver(["m"]), false).result;
    expect(failure).toMatchObject({ code: "upstream_bad_response" });
  });

  test("a stream cut after its first piece fails without [DONE]; what was seen of it is estimated", async () => {
    const { bench, upstream } = await stage(() => cohereScripts.begun("cut"));
    const { sink, result } = bench.send(planOver(["a", "b"], { retries: 1 }), true);
    const { outcome, committed, attempts } = await result;
    expect({ outcome, committed }).toEqual({ outcome: "failed", committed: true });
    expect(sink.calls).toEqual(["open", "fail"]);
    expect(sink.failure?.cause).toBe("cut_stream");
    expect(sink.text()).not.toContain("[DONE]");
    expect(attempts[0]?.usage).toMatchObject({ inputTokens: 11, estimated: true });
    expect(upstream.seen).toEqual(["a"]);
  });

  test.each(["silent", "streaming"] as const)(
    "a client that leaves while the answer is %s frees the connection at once",
    async (when) => {
      const script = {
        silent: [{ do: "stall" }] as const,
        streaming: cohereScripts.begun("stall"),
      };
      const { bench, upstream } = await stage(() => script[when]);
      const sent = bench.send(planOver(["a", "b"]), true);
      await until(() => upstream.seen.length === 1);
      if (when === "streaming") await until(() => sent.sink.calls.includes("open"));
      sent.dispatch.clientGone();
      expect(await sent.result).toMatchObject({
        outcome: "client-gone",
        attempts: [{ target: "a", outcome: { kind: "aborted", why: "client-gone" } }],
      });
      expect(bench.health.inFlight("a")).toBe(0);
      expect(bench.timers.pending).toBe(0);
      await until(() => upstream.abandoned.length === 1 && upstream.openConnections() === 0);
      expect(sent.sink.calls).not.toContain("end");
      expect(bench.bugs).toEqual([]);
    },
  );

  test("a client that reads slowly pauses the upstream", async () => {
    const { text: piece, textStart } = coherePieces;
    const bytes = Buffer.from(piece("x".repeat(40)).repeat(400));
    const { bench, upstream } = await stage(() => [
      ...cohereScripts.pieces(start, textStart).slice(0, -1),
      { do: "flood", bytes, times: 200 },
      { do: "write", bytes: end() },
      { do: "end" },
    ]);
    const { sink, result } = bench.send(planOver(["a"]), true);
    sink.room = false;
    await until(() => sink.calls.includes("open"));
    for (let still = 0, written = -1; still < 300; still += 1) {
      if (upstream.floodWritten !== written) still = 0;
      written = upstream.floodWritten;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(upstream.floodWritten).toBeLessThan(200);
    expect(deltasOf(sink.text()).length).toBeLessThan(2_000);
    sink.room = true;
    sink.drain();
    expect((await result).outcome).toBe("ok");
    expect(sink.text().match(/x{40}/g)).toHaveLength(400 * 200);
  });

  test("a stream of which the package makes nothing is cut before it fills the memory", async () => {
    const bytes = Buffer.alloc(1024 * 1024, 0x78);
    const { bench, upstream } = await stage(() => [
      ...cohereScripts.pieces(start, "data: ").slice(0, -1),
      { do: "flood", bytes, times: 100 },
      { do: "stall" },
    ]);
    const { failure } = await bench.send(planOver(["a"]), true).result;
    expect(failure).toMatchObject({ code: "upstream_bad_response" });
    expect(upstream.floodWritten).toBeLessThan(50);
  });

  test("a kept-alive connection that turns out to be closed costs the client nothing", async () => {
    const { bench, upstream } = await stage(
      (_, nth) => (nth === 1 ? [{ do: "hang up" }] : cohereScripts.reply()),
      {},
      1,
    );
    expect((await bench.send(planOver(["a"]), false).result).outcome).toBe("ok");
    const { outcome, attempts } = await bench.send(planOver(["a"]), false).result;
    expect(outcome).toBe("ok");
    expect(attempts).toHaveLength(1);
    expect(upstream.seen).toHaveLength(3);
    expect(upstream.accepted).toBe(2);
  });

  test("a stream's connection is used again", async () => {
    const { bench, upstream } = await stage(() => cohereScripts.stream());
    for (let sent = 0; sent < 3; sent += 1) {
      expect((await bench.send(planOver(["a"]), true).result).outcome).toBe("ok");
      await until(() => bench.pools.inFlight() === 0 && bench.timers.pending === 0);
    }
    expect(upstream.accepted).toBe(1);
  });
});
