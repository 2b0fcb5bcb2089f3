// Which requests are plain enough for the fast path: nothing in their headers, envelope or `initialize` asks the SDK for
// anything but one JSON object (MCP 2026-07-28 "Request envelope"; 2025-11-25 "Lifecycle").
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
  type JSONRPCRequest
} from '@modelcontextprotocol/server'
import type { McpRequest } from './contract.ts'
import { isObject } from '../is-object.ts'
import { MODERN_VERSION } from './protocol-versions.ts'

const ENVELOPE = new Set<string>([PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY])

/**
 * The version that the headers and the body of a request agree on, if nothing in them is unusual.
 * @returns 'unnamed' for a request of the `initialize` era without a version header, undefined for one that is not plain.
 */
export function plainVersionOf (message: JSONRPCRequest, headers: McpRequest['headers']): string | undefined {
  const meta: unknown = message.params?._meta
  const version = headers['mcp-protocol-version']
  if (version !== MODERN_VERSION) {
    const isPlain = meta === undefined || (isObject(meta) && Object.keys(meta).every(isIgnored))
    return isPlain && (version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version))
      ? (version ?? 'unnamed')
      : undefined
  }
  if (headers['mcp-method'] !== message.method || !isObject(meta)) return undefined
  return meta[PROTOCOL_VERSION_META_KEY] === version && isPlainEnvelope(meta) ? version : undefined
}

/** Whether a member of `_meta` changes nothing about how the request is answered. */
const isIgnored = (key: string): boolean => key !== 'progressToken' && !key.startsWith('io.modelcontextprotocol/')

function isPlainEnvelope (meta: Record<string, unknown>): boolean {
  const { [CLIENT_CAPABILITIES_META_KEY]: capabilities, [CLIENT_INFO_META_KEY]: info } = meta
  return (
    Object.keys(meta).every((key) => ENVELOPE.has(key) || isIgnored(key)) &&
    isObject(capabilities) &&
    Object.values(capabilities).every(isPlainCapability) &&
    (info === undefined || isPlainClientInfo(info))
  )
}

/** Of a client that cannot be asked back, so that no session begins. */
export const isPlainInitialize = (params: Record<string, unknown>): boolean =>
  hasOnly(params, ['protocolVersion', 'capabilities', 'clientInfo']) &&
  SUPPORTED_PROTOCOL_VERSIONS.includes(params['protocolVersion'] as string) &&
  isEmpty(params['capabilities']) &&
  isPlainClientInfo(params['clientInfo'])

export const hasOnly = (params: object, allowed: readonly string[]): boolean =>
  Object.keys(params).every((key) => allowed.includes(key))

const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0
const isPlainCapability = (value: unknown): boolean => isObject(value) && Object.values(value).every(isEmpty)
const isPlainClientInfo = (value: unknown): boolean =>
  isObject(value) &&
  Object.keys(value).length === 2 &&
  typeof value['name'] === 'string' &&
  typeof value['version'] === 'string'
