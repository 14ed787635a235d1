import { expect, test } from "vitest";
import { arrived, replayed, traffic } from "../../support/replaying.ts";

const answeredBy = ({ replay }: Awaited<ReturnType<typeof replayed>>): object =>
  Object.fromEntries(replay.targets.map(({ target, answered }) => [target, answered]));

test("what nobody has spent, since the log does not tell who, is not what a record tells of then", async () => {
  const lines = [arrived(0, { "spend.user.today": 5 }), arrived(1_000, { user: "ann" })];
  const policy = "if spend.user.today > $1 then local-gpu otherwise claude";
  const report = await replayed(lines, policy);
  expect(answeredBy(report)).toEqual({ claude: 2 });
  expect(report.missing).toContainEqual(
    expect.objectContaining({ fact: "spend.user.today", requests: 1 }),
  );
});

test("arithmetic over what is counted is of the replay too, though a record tells it as a whole", async () => {
  const policy = "if spend.user.today * 2 > $1 then local-gpu otherwise claude";
  const key = "spend.user.today * 2";
  const lines = traffic(2, 1_000, (index) => arrived(index * 1_000, { user: "ann", [key]: 5 }));
  const alone = await replayed(lines, policy);
  expect(answeredBy(alone)).toEqual({ claude: 2 });
});
