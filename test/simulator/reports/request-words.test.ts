import { expect, test } from "vitest";
import { printReport } from "../../../src/simulator/print-report.ts";
import { printMarkdown } from "../../../src/simulator/reports/print-markdown.ts";
import { requestsOfLog, requestWords } from "../../../src/simulator/reports/request-words.ts";
import { verdictOf } from "../../../src/simulator/reports/verdict.ts";
import { arrived, replayed, traffic } from "../../support/replaying.ts";

test("requests that a scenario adds are not told as the log's", async () => {
  const lines = traffic(20, 60_000, (index) => arrived(index * 60_000));
  const more = await replayed(lines, "otherwise claude", { whatIf: { traffic: ["*3"] } });
  expect(more).toMatchObject({ requests: 60, logged: 20 });
  const told = "60 requests (20 of the log, 3 for one)";
  const names = { policy: "new", against: null };
  expect(printReport(more, names)).toContain(`${told} decided by new`);
  expect(verdictOf(more).says).toContain(`for ${told}`);
  expect(printMarkdown(more, names)).toContain(`\n${told}.\n`);
});

test("without further traffic all are the log's", async () => {
  const lines = traffic(20, 60_000, (index) => arrived(index * 60_000));
  const report = await replayed(lines, "otherwise claude");
  expect(report).not.toHaveProperty("logged");
  expect(requestWords(report)).toBe("20 requests");
  expect(requestsOfLog(report)).toBe("20 requests of the log");
});
