/** docs/protocol.md, "Padding". */

/** Padmé of a length (Nikitin et al.): the next multiple of 2^(e−s). */
function padme(length: number): number {
  const e = Math.floor(Math.log2(length));
  const s = Math.floor(Math.log2(e)) + 1;
  const step = 2 ** (e - s);
  return Math.ceil(length / step) * step;
}

/** The length to which a body of `length` bytes is padded. */
export function padded(length: number): number {
  return padme(Math.max(256, length));
}
