// The address that a request counts for where nobody has signed in: whoever has one IPv6 address has all of its network
// (RFC 4291 §2.5.4).
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'

/** Bits. */
const IPV6_NETWORK = 64

/** @returns an IPv4 address, or the /64 network of an IPv6 address, in one spelling. */
export const addressOf = ({ ip }: Pick<FastifyRequest, 'ip'>): string => rateLimit.normalizeIP(ip, IPV6_NETWORK)
