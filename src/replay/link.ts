/** Link layers by their number in capture files: https://www.tcpdump.org/linktypes.html */
const NULL = 0;
const ETHERNET = 1;
/** BSD and OpenBSD write their own numbers for LINKTYPE_RAW. */
const RAW = new Set([101, 12, 14, 228, 229]);
const LOOP = 108;
const LINUX_SLL = 113;
const LINUX_SLL2 = 276;

/** https://www.iana.org/assignments/ieee-802-numbers */
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** 802.1Q, 802.1ad (QinQ) and what came before it. */
const VLAN_TAGS = new Set([0x8100, 0x88a8, 0x9100]);
const MAX_VLAN_TAGS = 4;

const AF_INET = 2;
/** Linux, NetBSD and OpenBSD, FreeBSD, Darwin. */
const AF_INET6 = new Set([10, 24, 28, 30]);

const NOT_IP = 'that are not IP';
export const CUT_HEADERS = 'cut before the end of their headers';

/** Where the IP header begins in the frame `bytes[start, end)`, or why there is none. */
export function findIp(linkType: number, bytes: Buffer, start: number, end: number): number | string {
  switch (linkType) {
    case ETHERNET:
      return behindType(bytes, start + 12, start + 14, end);
    case LINUX_SLL:
      return behindType(bytes, start + 14, start + 16, end);
    case LINUX_SLL2:
      return behindType(bytes, start, start + 20, end);
    case NULL:
    case LOOP:
      return behindFamily(bytes, start, end);
    default:
      return RAW.has(linkType) ? start : `of link type ${linkType}, which is not known`;
  }
}

/** `type`: where the EtherType stands; `next`: where begins what it is the type of. */
function behindType(bytes: Buffer, type: number, next: number, end: number): number | string {
  let at = type;
  let payload = next;
  for (let tags = 0; payload <= end; tags++) {
    const found = bytes.readUInt16BE(at);
    if (found === ETHERTYPE_IPV4 || found === ETHERTYPE_IPV6) return payload;
    if (!VLAN_TAGS.has(found) || tags >= MAX_VLAN_TAGS) return NOT_IP;
    at = payload + 2;
    payload += 4;
  }
  return CUT_HEADERS;
}

/** NULL has the writer's byte order, which need not be the file's; LOOP has the network's. */
function behindFamily(bytes: Buffer, start: number, end: number): number | string {
  if (start + 4 > end) return CUT_HEADERS;
  const family = Math.min(bytes.readUInt32LE(start), bytes.readUInt32BE(start));
  return family === AF_INET || AF_INET6.has(family) ? start + 4 : NOT_IP;
}
