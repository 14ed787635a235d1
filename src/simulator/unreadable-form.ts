/** Forms that are not read, by bytes at a place of their own, with what to do about them. */
const forms: readonly {
  readonly at: number;
  readonly bytes: readonly number[];
  readonly why: string;
}[] = [
  { at: 0, bytes: [0x50, 0x4b, 0x03, 0x04], why: "it is a zip file; unpack it first (unzip)" },
  { at: 0, bytes: [0x42, 0x5a, 0x68], why: "it is packed by bzip2; unpack it first (bunzip2)" },
  {
    at: 0,
    bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    why: "it is packed by xz; unpack it first (unxz)",
  },
  { at: 0, bytes: [0xff, 0xfe], why: "it is UTF-16; save it as UTF-8" },
  { at: 0, bytes: [0xfe, 0xff], why: "it is UTF-16; save it as UTF-8" },
  {
    at: 257,
    bytes: [0x75, 0x73, 0x74, 0x61, 0x72],
    why: "it is a tar archive; unpack it first (tar -x)",
  },
];

/** Why a log that begins with these bytes, once unpacked, cannot be read; null when nothing speaks against it. */
export function unreadableForm(first: Uint8Array): string | null {
  const form = forms.find(({ at, bytes }) =>
    bytes.every((byte, index) => first[at + index] === byte),
  );
  return form?.why ?? null;
}
