import { invalidPattern } from "./invalid-pattern";

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^[\da-fA-F:]*:[\da-fA-F:]*$/;
const IPV4_BYTES = 4;
const IPV6_GROUPS = 8;
const IPV6_BYTES = 2 * IPV6_GROUPS;

/** The bytes of an IP address literal, 4 or 16; `undefined` if the text is none. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (IPV4.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : undefined;
  }
  if (!IPV6.test(text)) return undefined;
  const bytes = parseIpv6(text);
  // An IPv4 address in IPv6 clothes is the same address.
  const isMapped = bytes?.slice(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  return isMapped ? bytes?.slice(12) : bytes;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const given = head.length + tail.length;
  const isShort = halves.length === 2;
  if (isShort ? given >= IPV6_GROUPS : given !== IPV6_GROUPS) return undefined;
  const zeros = Array<string>(IPV6_GROUPS - given).fill("0");
  const groups = [...head, ...zeros, ...tail];
  if (!groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/**
 * Whether an address lies in a block, `10.0.0.0/24`. A block's mask leaves at least one bit free.
 *
 * @throws InvalidEventPatternException
 */
export function compileCidr(cidr: string): (text: string) => boolean {
  const parts = cidr.split("/");
  if (parts.length !== 2 || parts[1] === "") {
    throw invalidPattern("Malformed CIDR, one '/' required");
  }
  const [address, mask] = parts as [string, string];
  if (!/^[+-]?\d+$/.test(mask)) {
    throw invalidPattern("Malformed CIDR, mask bits must be an integer");
  }
  const bits = Number(mask);
  if (bits < 0) throw invalidPattern("Malformed CIDR, mask bits must not be negative");
  const base = parseAddress(address);
  if (!base) throw invalidPattern(`Nonstandard IP address: ${address}`);
  if (base.length === IPV4_BYTES && bits >= 8 * IPV4_BYTES) {
    throw invalidPattern("IPv4 mask bits must be < 32");
  }
  if (bits >= 8 * IPV6_BYTES) throw invalidPattern("IPv6 mask bits must be < 128");
  return (text) => {
    const bytes = parseAddress(text);
    return bytes?.length === base.length && sharePrefix(base, bytes, bits);
  };
}

function sharePrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
  return a.every((byte, at) => {
    const significant = Math.min(8, Math.max(0, bits - 8 * at));
    const mask = (0xff << (8 - significant)) & 0xff;
    return (byte & mask) === (b[at]! & mask);
  });
}
