import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher } from "undici";
import type { Random } from "../../src/base/random.ts";
import { type ClientWire, type Ending, endingOf } from "../../src/bench/soak/ending.ts";
import { piecesOf, promptOf, type Wanted } from "../../src/bench/soak/said.ts";
import { policies, unserved } from "./stage.ts";

/** What a client does, by name, and how many of a hundred do it. */
const habits = {
  asks: 78,
  leaves: 8,
  "reads slowly": 1,
  "sends too much": 2,
  "sends no JSON": 3,
  "names no target": 2,
  "leaves while sending": 3,
  "stops while sending": 1,
  "looks around": 2,
} as const;

export type Habit = keyof typeof habits;

export interface Ended {
  readonly habit: Habit;
  readonly ending: Ending;
  /** What there was instead, where the ending is none. */
  readonly told: string;
}

/** No request of the soak may take longer. */
const longestMs = 60_000;

export class Clients {
  readonly #url: string;
  readonly #random: Random;
  readonly #agent = new Agent({ connections: 64, keepAliveTimeout: 10_000 });
  #seed = 0;

  constructor(url: string, random: Random) {
    this.#url = url;
    this.#random = random;
  }

  /** Does what one client does, to its end. */
  async act(): Promise<Ended> {
    const habit = this.#habit();
    const outcome = await this.#do(habit).catch((error: unknown) => ({
      ending: "unclassified" as const,
      told: String(error instanceof Error ? (error.stack ?? error.message) : error),
    }));
    return { habit, ...outcome };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #habit(): Habit {
    let left = this.#random.integer(100);
    for (const [habit, share] of Object.entries(habits)) {
      left -= share;
      if (left < 0) return habit as Habit;
    }
    return "asks";
  }

  async #do(habit: Habit): Promise<Omit<Ended, "habit">> {
    switch (habit) {
      case "asks":
        return this.#ask({});
      case "reads slowly":
        return this.#ask({ words: 20_000, pausesMs: 400, policy: "shadowed", streamed: true });
      case "names no target":
        return this.#ask({ policy: unserved.name, refusal: 404 });
      case "sends too much":
        return this.#ask({ padding: 400_000, refusal: 413 });
      case "sends no JSON":
        return this.#ask({ spoils: true, refusal: 400 });
      case "leaves":
        return this.#leave();
      case "leaves while sending":
      case "stops while sending":
        return this.#stop(habit === "leaves while sending");
      case "looks around":
        return this.#look();
    }
  }

  async #ask(how: How): Promise<Omit<Ended, "habit">> {
    const { request, wanted, wire, streamed } = this.#compose(how);
    const response = await this.#agent.request({
      ...{ ...request, signal: AbortSignal.timeout(longestMs) },
    });
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body as AsyncIterable<Buffer>) {
      text += decoder.decode(bytes, { stream: true });
      if (how.pausesMs !== undefined && this.#random.integer(8) === 0) await sleep(how.pausesMs);
    }
    const ending = endingOf(
      { status: response.statusCode, text },
      { wire, streamed, said: piecesOf(wanted).join(""), refusal: how.refusal ?? null },
    );
    const told = `${String(request.body)}: HTTP ${response.statusCode} ${text}`;
    return { ending, told };
  }

  #compose(how: How): Composed {
    const random = this.#random;
    const wire: ClientWire = random.integer(3) === 0 ? "messages" : "chat";
    const streamed = how.streamed ?? random.integer(3) > 0;
    const names = [...Object.keys(policies), "changing"];
    const policy = how.policy ?? random.pick(names) ?? "main";
    this.#seed += 1;
    const wanted: Wanted = {
      seed: this.#seed,
      words: how.words ?? 1 + random.integer(40),
      json: policy === "accepted",
    };
    const padding = " so it goes".repeat((how.padding ?? random.integer(3_000)) / 11);
    const body = JSON.stringify({
      ...{ model: policy, stream: streamed, max_tokens: 30_000 },
      messages: [{ role: "user", content: `${promptOf(wanted)}${padding}` }],
    });
    const request: Dispatcher.RequestOptions = {
      ...{ origin: this.#url, method: "POST" },
      path: wire === "chat" ? "/v1/chat/completions" : "/v1/messages",
      headers: { "content-type": "application/json", "x-desk": `desk-${random.integer(300)}` },
      body: how.spoils === true ? body.slice(0, -1 - random.integer(body.length - 1)) : body,
    };
    return { request, wanted, wire, streamed };
  }

  /** Goes away before the answer has come, or in the middle of it. */
  async #leave(): Promise<Omit<Ended, "habit">> {
    const { request } = this.#compose({ words: 40 });
    const leaving = AbortSignal.timeout(1 + this.#random.integer(250));
    try {
      const { body } = await this.#agent.request({ ...request, signal: leaving });
      await body.text();
      return { ending: "whole", told: "" };
    } catch (error) {
      if (!leaving.aborted) throw error;
      return { ending: "client left", told: "" };
    }
  }

  /** Sends a part of a request, then leaves, or says nothing more until it is told to go. */
  #stop(leaves: boolean): Promise<Omit<Ended, "habit">> {
    const { promise, resolve } = Promise.withResolvers<Omit<Ended, "habit">>();
    const { port, hostname } = new URL(this.#url);
    const socket = connect(Number(port), hostname, () => {
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 900\r\n`;
      const cut = this.#random.integer(3) === 0 ? head : `${head}\r\n{"model":"main","messages":[`;
      socket.write(cut, () => {
        if (leaves) socket.resetAndDestroy();
        else setTimeout(() => socket.destroy(), 5_000);
      });
    });
    socket.on("error", () => {}).on("close", () => resolve({ ending: "client left", told: "" }));
    return promise;
  }

  async #look(): Promise<Omit<Ended, "habit">> {
    const path = this.#random.pick(["/v1/models", "/healthz", "/readyz"]) ?? "/healthz";
    const { statusCode, body } = await this.#agent.request({
      ...{ origin: this.#url, path, method: "GET" },
    });
    const told = await body.text();
    return { ending: statusCode === 200 ? "whole" : "unclassified", told: `${path}: ${told}` };
  }
}

interface How {
  readonly words?: number;
  readonly policy?: string;
  readonly streamed?: boolean;
  readonly refusal?: number;
  readonly padding?: number;
  readonly spoils?: boolean;
  readonly pausesMs?: number;
}

interface Composed {
  readonly request: Dispatcher.RequestOptions;
  readonly wanted: Wanted;
  readonly wire: ClientWire;
  readonly streamed: boolean;
}
