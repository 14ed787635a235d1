import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readShippedEmbedding } from "../../src/files/read-intent-model.ts";

/** What each answer counts. */
const usage = { prompt_tokens: 1_000, total_tokens: 1_000 };

/** A server of OpenAI's embeddings on loopback, which places texts by the package's own table. */
export interface EmbeddingServer extends AsyncDisposable {
  /** Base of its paths. */
  readonly url: string;
  /** The texts that it was sent. */
  readonly texts: readonly string[];
  /** What was said in `authorization`, and which models were asked for. */
  readonly keys: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
  /** How many calls were given up before it had answered. */
  readonly left: number;
  /** How many connections were opened to it. */
  readonly connections: number;
  /** What it does from now on: answers, answers 500, or says nothing for ever. */
  mood: "well" | "ill" | "silent";
  /** Closes it: nobody listens there any more. */
  kill(): Promise<void>;
}

export async function startEmbeddingServer(): Promise<EmbeddingServer> {
  const { embedder } = readShippedEmbedding();
  const texts: string[] = [];
  const keys = new Set<string>();
  const models = new Set<string>();
  const state: { mood: EmbeddingServer["mood"] } = { mood: "well" };
  let [connections, left] = [0, 0];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.once("close", () => {
      if (!response.writableFinished) left += 1;
    });
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { input, model } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly input: string;
        readonly model: string;
      };
      texts.push(input);
      models.add(model);
      keys.add(request.headers.authorization ?? "");
      if (state.mood === "silent") return;
      const embedding = Array.from(embedder.embed(input));
      const isKnown = request.url === "/v1/embeddings" && state.mood === "well";
      response
        .writeHead(isKnown ? 200 : 500, { "content-type": "application/json" })
        .end(JSON.stringify({ object: "list", model, data: [{ index: 0, embedding }], usage }));
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return {
    ...{ url: `http://127.0.0.1:${port}`, texts, keys, models, kill },
    get left() {
      return left;
    },
    get connections() {
      return connections;
    },
    get mood() {
      return state.mood;
    },
    set mood(mood) {
      state.mood = mood;
    },
    [Symbol.asyncDispose]: kill,
  };
}
