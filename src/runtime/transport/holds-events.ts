const colon = 0x3a;
const field = Buffer.from("\ndata:");

/** Whether bytes of an event stream hold more than comments, which only keep a connection alive. */
export function holdsEvents(bytes: Uint8Array): boolean {
  return (
    bytes[0] !== colon || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(field)
  );
}
