/** Vectors of fewer numbers are not told apart by their signs. */
const leastDimension = 128;
/** Signs of so many coordinates are kept, spread over all: more tell little that these do not. */
const mostSigns = 512;
const bits = 32;

/** How many words of 32 bits the signs of a vector take; 0 where it has too few coordinates for them to tell anything. */
export function wordsOf(dimension: number): number {
  return dimension < leastDimension ? 0 : Math.floor(Math.min(dimension, mostSigns) / bits);
}

/** The signs of a vector's coordinates, a bit each. The share of bits in which two differ tells their angle: half a turn is all of them. */
export function signsOf(vector: Float32Array): Int32Array {
  const words = wordsOf(vector.length);
  const signs = new Int32Array(words);
  const step = vector.length / (words * bits);
  for (let word = 0, n = 0; word < words; word += 1) {
    let taken = 0;
    for (let bit = 0; bit < bits; bit += 1, n += 1)
      if ((vector[Math.floor(n * step)] as number) > 0) taken |= 1 << bit;
    signs[word] = taken;
  }
  return signs;
}

/** Distances of the last search, kept from one to the next: they are as many as there are vectors. */
let distances = new Uint16Array();

/** Signs of many vectors, and which of them are looked for. All blocks but the last hold so many, in a row. */
export interface SignBlocks {
  readonly blocks: readonly Int32Array[];
  readonly each: number;
  readonly count: number;
  isWanted(place: number): boolean;
}

/** The distance of what is not wanted: further than any. */
const outOfSight = 0xffff;

/** The places of those whose signs differ least from a vector's, in no order: `most` at most. */
export function nearestBySigns(
  { blocks, each, count, isWanted }: SignBlocks,
  signs: Int32Array,
  most: number,
): number[] {
  if (distances.length < count) distances = new Uint16Array(Math.ceil(1.25 * count));
  const perDistance = new Uint32Array(signs.length * bits + 1);
  // One loop over all: V8 makes less of one in another.
  for (let at = 0, row = 0, n = 0; at < count; at += 1, row += 1) {
    if (row === each) {
      row = 0;
      n += 1;
    }
    if (!isWanted(at)) {
      distances[at] = outOfSight;
      continue;
    }
    const distance = differing(blocks[n] as Int32Array, row * signs.length, signs);
    distances[at] = distance;
    perDistance[distance] = (perDistance[distance] as number) + 1;
  }
  let [limit, within] = [0, 0];
  while (limit < perDistance.length && within + (perDistance[limit] as number) <= most) {
    within += perDistance[limit] as number;
    limit += 1;
  }
  // Of those that differ by as much as the last of them, there is room for some.
  let room = most - within;
  const places: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const distance = distances[at] as number;
    if (distance > limit) continue;
    if (distance < limit) places.push(at);
    else if (room > 0) {
      room -= 1;
      places.push(at);
    }
  }
  return places;
}

/** In how many bits two rows of words differ: counted in pairs, fours and bytes, and bytes added up over 16 words at most. */
function differing(all: Int32Array, from: number, signs: Int32Array): number {
  let sum = 0;
  for (let word = 0; word < signs.length; word += 1) {
    let v = (all[from + word] as number) ^ (signs[word] as number);
    v -= (v >>> 1) & 0x55555555;
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    v = (v + (v >>> 4)) & 0x0f0f0f0f;
    sum += v;
  }
  sum = (sum & 0x00ff00ff) + ((sum >>> 8) & 0x00ff00ff);
  return ((sum & 0xffff) + (sum >>> 16)) | 0;
}
