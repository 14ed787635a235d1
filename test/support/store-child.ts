import { openBatchStore } from "../../src/runtime/store/batch-store.ts";

/** Writes files into a store for as long as it lives, and says which it has been told are there. */
const [, , path = ""] = process.argv;
const store = openBatchStore(path);
for (let n = 0; ; n += 1) {
  const writer = store.files.open({
    id: `file-${n}`,
    owner: "",
    purpose: "batch",
    filename: "",
    createdAtMs: 0,
    expiresAtMs: 1,
    results: null,
  });
  for (let piece = 0; piece < 5; piece += 1) writer.write(Buffer.alloc(100_000, `${n % 10}`));
  writer.finish({ filename: `${n}`, expiresAtMs: 1 });
  await new Promise<void>((sent) => process.send?.(n, () => sent()));
}
