import { createFrame, type FactFrame } from "../language/program/frame.ts";

/** Frames of one program, for use and reuse. */
export interface FramePool {
  take(): FactFrame;
  /** Gives a frame back; its texts are let go. Using it afterwards is a bug. */
  release(frame: FactFrame): void;
}

/** So many frames are kept; more come and go with the requests that need them. */
const kept = 1_024;

/** Makes the pool of a program with so many operands. */
export function createFramePool(operandCount: number): FramePool {
  const free: FactFrame[] = [];
  return {
    take: () => free.pop() ?? createFrame(operandCount),
    release(frame) {
      frame.state.fill(0);
      frame.asked.fill(0);
      frame.texts.fill("");
      if (free.length < kept) free.push(frame);
    },
  };
}
