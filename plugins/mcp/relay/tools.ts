// Tools of upstreams, ready to be listed and called beside ours: arguments and results go through as they are, since an
// upstream checks its own (MCP "Tools").
import { isInputRequiredResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { UpstreamTool } from '../../upstreams/contract.ts'
import type { CallableTool, ListedTool } from '../handlers/callable-tool.ts'
import { TIMED_OUT } from '../handlers/timeout.ts'
import { isObject } from '../../is-object.ts'
import { headersOf } from '../param-headers.ts'
import { MODERN_VERSION } from '../protocol-versions.ts'
import type { Relay } from './contract.ts'
import { hideInFailure, readToolResult } from './results.ts'

/** @returns the tools of all upstreams as they are offered now, in the order of the file. */
export const relayedTools = (relay: Relay): CallableTool[] => relay.upstreams.tools.map((tool) => relayedTool(tool, relay))

function relayedTool ({ upstream, name, ownName, listed, scopes, timeoutMs }: UpstreamTool, relay: Relay): CallableTool {
  return {
    name,
    upstream,
    annotations: listed.annotations ?? {},
    scopes,
    timeout: timeoutMs,
    headers: headersOf(listed.inputSchema),
    // The catalogue has only schemas of objects.
    listed: listed as ListedTool,
    async call ({ args = {}, ...caller }) {
      if (!isObject(args)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid params: arguments is an object')
      const { secrets } = relay.settingsOf(upstream)
      const answer = await relay.send(
        { upstream, method: 'tools/call', params: { name: ownName, arguments: args }, asked: [name, args], timeoutMs },
        caller
      )
      if (answer === TIMED_OUT || isInputRequiredResult(answer)) return answer
      const result = readToolResult(upstream, answer, caller.request.headers['mcp-protocol-version'] === MODERN_VERSION)
      return result.isError === true ? hideInFailure(result, secrets) : result
    }
  }
}
