import type { LabelledText } from "../../src/training/split.ts";

const subjects = ["my invoice", "the bill", "this charge", "our payment", "the receipt"];
const devices = ["my laptop", "the screen", "this keyboard", "our printer", "the phone"];
const troubles = ["is broken", "does not start", "crashed again", "shows an error", "is frozen"];
const doubts = [
  "is too high",
  "was paid twice",
  "has the wrong date",
  "is missing",
  "needs a refund",
];

/** Fifty texts of two labels that share no words but small ones. */
export const ticketTexts: readonly LabelledText[] = [
  ...subjects.flatMap((subject) =>
    doubts.map((doubt) => ({ text: `${subject} ${doubt}`, label: "billing" })),
  ),
  ...devices.flatMap((device) =>
    troubles.map((trouble) => ({ text: `${device} ${trouble}`, label: "repair" })),
  ),
];

/** The same as a CSV. */
export const ticketCsv = `text,label\n${ticketTexts.map(({ text, label }) => `${text},${label}\n`).join("")}`;
