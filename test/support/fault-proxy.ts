import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createRandom, type Random } from "../../src/base/random.ts";
import type { WheelHost } from "../../src/runtime/transport/timer-wheel.ts";

/** What happens to the bytes that go one way through a connection; faults at a byte count from the first byte of that way. */
export interface WayFaults {
  /** Milliseconds that each piece waits, and at most as many more of jitter; pieces stay in order. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** Pieces are let through no faster than this. */
  readonly bytesPerSecond?: number;
  /** Pieces are written anew in as many bytes, each in a turn of the loop of its own; `random` cuts at random places. */
  readonly splitEvery?: number | "random";
  /** Turns over one bit of the byte at this place. */
  readonly corruptAt?: number;
  /** After as many bytes both sides are closed in order (FIN). */
  readonly cutAfter?: number;
  /** After as many bytes both sides are reset (RST). */
  readonly resetAfter?: number;
  /** After as many bytes everything is swallowed and the connections stay open. */
  readonly stallAfter?: number;
  /** Milliseconds by which this way's end is told late. */
  readonly slowCloseMs?: number;
}

/** What happens to one connection. */
export interface ConnectionFaults {
  /** From the client to the upstream, and back. */
  readonly up?: WayFaults;
  readonly down?: WayFaults;
  /** The connection is reset as soon as it is made. */
  readonly refused?: boolean;
}

export interface FaultProxy {
  /** Origin to send to in place of the target's. */
  readonly url: string;
  /** Connections accepted so far, and those open now. */
  readonly accepted: number;
  readonly open: number;
  /** Ways that have begun to swallow bytes, and those of which a bit was turned over. */
  readonly stalled: number;
  readonly corrupted: number;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Origin of the real upstream. */
  readonly target: string;
  /** Chosen anew for each connection, counted from 0. Null or nothing lets it through as it is. */
  readonly faults?: (connection: number) => ConnectionFaults | null;
  /** Same seed, same jitter, cuts and bits. */
  readonly seed?: string;
  /** Keeps waits; Node's own timers when absent. */
  readonly timers?: WheelHost;
}

const nodeTimers: WheelHost = {
  start(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Starts a TCP proxy on loopback that does to each connection what its faults say, after Toxiproxy's toxics. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target, faults = () => null, seed = "faults", timers = nodeTimers } = options;
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  const counts = { accepted: 0, stalled: 0, corrupted: 0 };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    return socket.setNoDelay();
  };
  // Half-open connections are told apart from closed ones: an end is handed on by its own way alone.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const connection = counts.accepted;
    counts.accepted += 1;
    keep(client);
    const { up = {}, down = {}, refused = false } = faults(connection) ?? {};
    if (refused) {
      client.resetAndDestroy();
      return;
    }
    const upstream = keep(connect({ port: Number(port), host: hostname, allowHalfOpen: true }));
    const random = createRandom(`${seed}:${connection}`);
    const count = (what: "stalled" | "corrupted"): void => {
      counts[what] += 1;
    };
    const shared = { timers, random, count };
    new Way(client, upstream, up, shared).begin();
    new Way(upstream, client, down, shared).begin();
    client.on("close", () => upstream.destroy());
    // An end in order goes its way behind the bytes before it; a reset does not wait.
    upstream.on("error", () => client.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return counts.accepted;
    },
    get open() {
      return [...sockets].length / 2;
    },
    get stalled() {
      return counts.stalled;
    },
    get corrupted() {
      return counts.corrupted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

interface Shared {
  readonly timers: WheelHost;
  readonly random: Random;
  readonly count: (what: "stalled" | "corrupted") => void;
}

/** One direction of one connection: a queue of pieces, each handed on when its wait is over. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: WayFaults;
  readonly #shared: Shared;
  /** Bytes read so far, and bytes of the queue. */
  #read = 0;
  #queue: (Buffer | "end" | "cut" | "reset")[] = [];
  #busy = false;
  #deaf = false;
  #stalled = false;

  constructor(from: Socket, to: Socket, faults: WayFaults, shared: Shared) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#shared = shared;
  }

  begin(): void {
    this.#from.on("data", (bytes) => this.#take(bytes));
    this.#from.on("end", () => this.#put("end"));
    // Who is told nothing more and has said all has gone: a long run would gather thousands of such.
    this.#to.on("end", () => {
      if (this.#stalled) this.#to.destroy();
    });
    if (this.#limit() === 0) this.#reachLimit();
  }

  /** The place of the fault that stops this way; Infinity where none does. */
  #limit(): number {
    const { cutAfter, resetAfter, stallAfter } = this.#faults;
    return Math.min(cutAfter ?? Infinity, resetAfter ?? Infinity, stallAfter ?? Infinity);
  }

  #take(bytes: Buffer): void {
    if (this.#deaf) return;
    const { corruptAt } = this.#faults;
    const at = (corruptAt ?? -1) - this.#read;
    if (at >= 0 && at < bytes.length) {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#shared.random.integer(8));
      this.#shared.count("corrupted");
    }
    const left = this.#limit() - this.#read;
    this.#read += bytes.length;
    const passed = bytes.length > left ? bytes.subarray(0, left) : bytes;
    for (const piece of this.#pieces(passed)) this.#put(piece);
    if (this.#read >= this.#limit()) this.#reachLimit();
  }

  #reachLimit(): void {
    const limit = this.#limit();
    this.#deaf = true;
    if (this.#faults.resetAfter === limit) this.#put("reset");
    else if (this.#faults.cutAfter === limit) this.#put("cut");
    else this.#stall();
  }

  #stall(): void {
    this.#stalled = true;
    this.#shared.count("stalled");
    if (this.#to.readableEnded) this.#to.destroy();
  }

  #pieces(bytes: Buffer): readonly Buffer[] {
    const { splitEvery } = this.#faults;
    if (splitEvery === undefined) return [bytes];
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = splitEvery === "random" ? 1 + this.#shared.random.integer(40) : splitEvery;
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }

  #put(piece: Buffer | "end" | "cut" | "reset"): void {
    if (piece === "end" && this.#deaf) return;
    this.#queue.push(piece);
    // What a slow receiver has not taken is not read either, as on a real line.
    if (this.#queue.length > 64) this.#from.pause();
    if (!this.#busy) this.#next();
  }

  #next(): void {
    const piece = this.#queue.shift();
    this.#busy = piece !== undefined;
    if (piece === undefined) {
      this.#from.resume();
      return;
    }
    const waitMs = this.#waitMs(piece);
    if (waitMs === 0) this.#hand(piece);
    else this.#shared.timers.start(waitMs, () => this.#hand(piece));
  }

  #waitMs(piece: Buffer | "end" | "cut" | "reset"): number {
    const { latencyMs = 0, jitterMs = 0, bytesPerSecond, slowCloseMs = 0 } = this.#faults;
    if (piece === "end") return slowCloseMs;
    if (typeof piece === "string") return 0;
    const jitter = jitterMs > 0 ? this.#shared.random.next() * jitterMs : 0;
    return latencyMs + jitter + (bytesPerSecond ? (piece.length / bytesPerSecond) * 1_000 : 0);
  }

  #hand(piece: Buffer | "end" | "cut" | "reset"): void {
    const to = this.#to;
    if (to.destroyed) return;
    if (piece === "reset") {
      to.resetAndDestroy();
      this.#from.resetAndDestroy();
    } else if (piece === "cut") {
      to.end(() => this.#from.destroy());
    } else if (piece === "end") {
      to.end();
    } else {
      // On to the next when the kernel has it, so that pieces stay apart and a reset takes none along.
      to.write(piece, () => setImmediate(() => this.#next()));
    }
  }
}
