/** Bytes as JSON carries them. They are read in place, not copied first. */
export const base64Of = ({ buffer, byteLength, byteOffset }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");
