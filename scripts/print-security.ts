import { checklist } from "../test/security/checklist.ts";

/** Prints what is tried against the gateway, point by point, with the tests that show it. */
for (const { number, area, rule, state, tests, note } of checklist) {
  console.log(`${String(number).padStart(2)} ${state.padEnd(9)} ${area}: ${rule}`);
  if (note !== undefined) console.log(`   ${note}`);
  for (const [file, name] of tests) console.log(`   test/${file}: ${name}`);
}
const count = (wanted: string): number => checklist.filter(({ state }) => state === wanted).length;
console.log(`\n${count("holds")} hold, ${count("partly")} partly, ${count("elsewhere")} elsewhere`);
