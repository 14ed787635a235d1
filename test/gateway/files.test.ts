import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../src/gateway/start.ts";
import {
  type BatchBench,
  batchVariables,
  hour,
  line,
  startBatchBench,
} from "../support/batch-bench.ts";
import { logInto } from "../support/gateway.ts";

let bench: BatchBench;
beforeAll(async () => {
  bench = await startBatchBench({
    policy: "otherwise gpt",
    yaml: "batches: { file-limit: 600000, total-limit: 2000000 }",
  });
});
afterAll(() => bench[Symbol.asyncDispose]());

async function post(form: FormData): Promise<Response> {
  return await fetch(`${bench.gateway.url}/v1/files`, { method: "POST", body: form });
}

function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const made = new FormData();
  for (const [name, value] of Object.entries(fields))
    if (typeof value === "string") made.set(name, value);
    else made.set(name, value, "my lines.jsonl");
  return made;
}

/** Begins an upload of a form whose file goes on with what is written to `body`. */
function openUpload(url: string): {
  readonly body: ClientRequest;
  readonly answer: Promise<{ readonly status: number | undefined; readonly text: string }>;
} {
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const body = request(`${url}/v1/files`, { method: "POST", headers });
  // The connection may be cut once the answer is there.
  body.on("error", () => {});
  body.write(
    '--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n',
  );
  const answer = once(body, "response").then(async ([response]: IncomingMessage[]) => ({
    status: response?.statusCode,
    text: response === undefined ? "" : await text(response),
  }));
  return { body, answer };
}

const content = (bytes: number): Blob => new Blob([new Uint8Array(bytes).fill(0x61)]);

describe("an uploaded file", () => {
  test("comes back byte by byte, whatever its size", async () => {
    for (const size of [0, 1, 262_143, 262_144, 262_145, 600_000]) {
      const bytes = Buffer.alloc(size, "0123456789abcdef\n");
      const made = await bench.client.files.create({
        file: await toFile(bytes, "some.jsonl"),
        purpose: "batch",
      });
      expect(made).toMatchObject({
        object: "file",
        bytes: size,
        filename: "some.jsonl",
        purpose: "batch",
        status: "processed",
      });
      const back = await bench.client.files.content(made.id);
      expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
      expect(await bench.client.files.retrieve(made.id)).toEqual(made);
      expect(await bench.client.files.delete(made.id)).toMatchObject({ deleted: true });
      await expect(bench.client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
    }
  });

  test("may have its purpose behind it, and expire sooner than it would", async () => {
    const said = form({
      file: content(10),
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": "3600",
      purpose: "batch",
    });
    const made = (await (await post(said)).json()) as { id: string; expires_at: number };
    expect(made).toMatchObject({ filename: "my lines.jsonl" });
    await bench.pass(3 * hour);
    await expect(bench.client.files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
  });

  test("stays while a batch reads from it", async () => {
    const made = await bench.order([line("one")]);
    await expect(bench.client.files.delete(made.input_file_id)).rejects.toMatchObject({
      status: 409,
    });
    await bench.finish(made.id);
    expect(await bench.client.files.delete(made.input_file_id)).toMatchObject({ deleted: true });
  });

  test("of results is gone when it is deleted", async () => {
    const made = await bench.order([line("one")]);
    const done = await bench.finish(made.id);
    await bench.client.files.delete(done.output_file_id ?? "");
    await expect(bench.client.files.content(done.output_file_id ?? "")).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("an upload is refused", () => {
  test.each([
    ["too large", form({ purpose: "batch", file: content(600_001) }), 413, "file_too_large"],
    ["much too large", form({ purpose: "batch", file: content(900_000) }), 413, "file_too_large"],
    ["another purpose", form({ purpose: "fine-tune", file: content(1) }), 400, "invalid_value"],
    ["no purpose", form({ file: content(1) }), 400, "missing_required"],
    ["no file", form({ purpose: "batch" }), 400, "missing_required"],
    [
      "a file by another name",
      form({ purpose: "batch", data: content(1) }),
      400,
      "missing_required",
    ],
    [
      "an expiry that is none",
      form({ purpose: "batch", file: content(1), "expires_after[seconds]": "1" }),
      400,
      "invalid_value",
    ],
  ] as const)("%s", async (_, body, status, code) => {
    const before = (await bench.client.files.list()).data.length;
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect((await bench.client.files.list()).data).toHaveLength(before);
  });

  test.each([
    ["application/json", "{}", 415],
    ["multipart/form-data", "x", 415],
    ["multipart/form-data; boundary=b", "no part at all", 400],
    [
      "multipart/form-data; boundary=b",
      '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\ncut',
      400,
    ],
  ])("%s with %j", async (type, body, status) => {
    const response = await fetch(`${bench.gateway.url}/v1/files`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(response.status).toBe(status);
  });

  test("when the files of its key would take too much", async () => {
    const made: string[] = [];
    for (;;) {
      const response = await post(form({ purpose: "batch", file: content(600_000) }));
      if (response.status !== 200) {
        expect(await response.json()).toMatchObject({ error: { code: "storage_full" } });
        break;
      }
      made.push(((await response.json()) as { id: string }).id);
    }
    expect(made.length).toBeGreaterThan(1);
    for (const id of made) await bench.client.files.delete(id);
  });

  test("while it is sent, when it and others under way take too much together", async () => {
    await using other = await startBatchBench({
      policy: "otherwise gpt",
      yaml: "batches: { file-limit: 1900000, total-limit: 2000000 }",
    });
    const uploads = [openUpload(other.gateway.url), openUpload(other.gateway.url)];
    for (const { body } of uploads) body.write(new Uint8Array(1_200_000));
    const [first, second] = uploads.map(({ answer }, at) => answer.then((got) => ({ got, at })));
    const refused = await Promise.race([first, second]);
    expect(refused?.got.status).toBe(413);
    expect(JSON.parse(refused?.got.text ?? "")).toMatchObject({ error: { code: "storage_full" } });
    const left = uploads[1 - (refused?.at ?? 0)];
    left?.body.end("\r\n--b--\r\n");
    expect((await left?.answer)?.status).toBe(200);
  });

  test.each([
    ["PUT", "/v1/files", "GET, POST"],
    ["POST", "/v1/files/file-1", "GET, DELETE"],
    ["POST", "/v1/files/file-1/content", "GET"],
    ["DELETE", "/v1/batches/batch_1", "GET"],
    ["GET", "/v1/batches/batch_1/cancel", "POST"],
  ])("%s %s", async (method, path, allowed) => {
    const response = await fetch(`${bench.gateway.url}${path}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allowed);
  });
});

describe("the store", () => {
  test("is made when it is first needed, and read by its owner alone", async () => {
    await using other = await startBatchBench({ policy: "otherwise gpt" });
    const file = join(other.folder, ".signalbox", "store.sqlite");
    expect(() => readFileSync(file)).toThrow("ENOENT");
    await other.client.batches.list();
    expect(readFileSync(file).subarray(0, 15).toString()).toBe("SQLite format 3");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("that another gateway works on cannot be had: it says so and serves the rest", async () => {
    await using other = await startBatchBench({ policy: "otherwise home" });
    await other.client.batches.list();
    await expect(
      startGateway({
        configurationFile: join(other.folder, "signalbox.yaml"),
        variables: batchVariables,
        logger: logInto([]),
      }),
    ).rejects.toThrow("is in use by another gateway");
  });

  test("that is none of ours is told at the start", async () => {
    await using other = await startBatchBench({
      policy: "otherwise home",
      yaml: "store: { path: mine.sqlite }",
    });
    writeFileSync(
      join(other.folder, "mine.sqlite"),
      "a text of mine that is no database at all, and long enough",
    );
    await expect(other.restart()).rejects.toThrow("is not a SQLite file");
  });
});
