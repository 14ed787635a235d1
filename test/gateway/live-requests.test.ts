import fc from "fast-check";
import { expect, test } from "vitest";
import { type LiveRequest, LiveRequests } from "../../src/gateway/live-requests.ts";

test("property: after any adding and deleting it holds what a Set would hold", () => {
  const requests: LiveRequest[] = Array.from({ length: 8 }, () => ({ place: -1, interrupt() {} }));
  fc.assert(
    fc.property(fc.array(fc.nat(7)), (turns) => {
      const live = new LiveRequests();
      const wanted = new Set<LiveRequest>();
      for (const request of requests) request.place = -1;
      for (const turn of turns) {
        const request = requests[turn] as LiveRequest;
        if (wanted.delete(request)) live.delete(request);
        else {
          wanted.add(request);
          live.add(request);
        }
        live.delete({ place: -1, interrupt() {} });
        expect(new Set(live)).toEqual(wanted);
        expect(live.size).toBe(wanted.size);
      }
    }),
  );
});

test("a request that ends while all are visited is visited all the same", () => {
  const live = new LiveRequests();
  const seen: number[] = [];
  for (const id of [1, 2, 3]) {
    const request: LiveRequest = {
      place: -1,
      interrupt() {
        seen.push(id);
        live.delete(request);
      },
    };
    live.add(request);
  }
  for (const request of live) request.interrupt();
  expect(seen).toEqual([1, 2, 3]);
  expect(live.size).toBe(0);
});
