import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { startTestGateway } from "../support/gateway.ts";

describe("a fault of our own behind a request's body", () => {
  test("is that request's end alone: it is answered and logged, and the next one is served", async () => {
    let stands = false;
    const now = (): number => {
      if (stands) throw new RangeError("the clock stands");
      return systemClock.now();
    };
    await using gateway = await startTestGateway({
      options: { clock: { ...systemClock, now, monotonic: () => systemClock.monotonic() } },
    });
    stands = true;
    const broken = await gateway.chat({}, { "x-request-id": "my-own-id" });
    stands = false;
    expect(broken.status).toBe(500);
    expect(await broken.json()).toMatchObject({ error: { code: "internal_error" } });
    const faults = gateway.logged.map((row) => JSON.parse(row) as Record<string, unknown>);
    expect(faults).toContainEqual(
      expect.objectContaining({
        requestId: "my-own-id",
        err: expect.objectContaining({ message: "the clock stands" }),
      }),
    );
    expect((await gateway.chat()).status).toBe(200);
  });
});
