import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyBatch } from "../../../src/runtime/batch/empty-batch.ts";
import type { AskedLine, LaneHost, LineDecision } from "../../../src/runtime/batch/host.ts";
import { Intake } from "../../../src/runtime/batch/intake.ts";
import { defaultLaneLimits } from "../../../src/runtime/batch/limits.ts";
import { type DeskParts, LineDesk } from "../../../src/runtime/batch/line-desk.ts";
import { adapterFor } from "../../../src/runtime/providers/adapters.ts";
import type { Batch } from "../../../src/runtime/store/batch-records.ts";
import { openBatchStore } from "../../../src/runtime/store/batch-store.ts";
import { createHandClock } from "../../support/hand-clock.ts";

const refused: LineDecision = {
  ...{ kind: "refused", grounds: null },
  problem: { status: 400, type: "invalid_request_error", code: "no", param: null, message: "no" },
};

const lineOf = (n: number): string =>
  `{"custom_id":"${n}","method":"POST","url":"/v1/chat/completions","body":{"n":${n}}}\n`;

test("where a line cannot be decided those before it are not decided, and charged, again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-intake-"));
  const store = openBatchStore(join(folder, "store.sqlite"));
  const asked: number[] = [];
  let ids = 0;
  const host: LaneHost = {
    async decide({ bytes }: AskedLine) {
      const { n } = JSON.parse(Buffer.from(bytes).toString()) as { readonly n: number };
      asked.push(n);
      if (n === 2 && asked.length === 3) throw new Error("the counters cannot be read");
      return refused;
    },
    read: () => null,
    problemBody: () => "{}",
    upstreamOf: () => undefined,
    identityOf: () => null,
    ended() {},
  };
  const parts: DeskParts = {
    ...{ store, host, clock: createHandClock(0), limits: defaultLaneLimits },
    adapterFor,
    newId(prefix) {
      ids += 1;
      return `${prefix}new-${ids}`;
    },
  };
  const intake = new Intake(parts, new LineDesk(parts), { isClosing: () => false, pump() {} });
  const batch: Batch = {
    ...emptyBatch,
    ...{ id: "batch_1", endpoint: "/v1/chat/completions", inputFile: "file-1" },
    ...{ status: "validating", expiresAtMs: 1_000 },
  };
  const file = { id: "file-1", owner: "", purpose: "batch", filename: "f" } as const;
  const content = [0, 1, 2, 3].map(lineOf).join("");
  store.files.put(
    { ...file, createdAtMs: 0, expiresAtMs: 1_000, results: null },
    Buffer.from(content),
  );
  store.saveBatch(batch, 1_000);
  await intake.read(batch);
  await expect(intake.decide()).rejects.toThrow("the counters cannot be read");
  await intake.decide();
  expect(asked).toEqual([0, 1, 2, 2, 3]);
  store.close();
  rmSync(folder, { recursive: true });
});
