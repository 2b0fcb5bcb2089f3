// What applications import: `import mcpOAuth from '@mcp-oauth-server/server/fastify'` (docs/fastify-plugin.md).
import { createPlugin } from './plugin.ts'

export type { AuthBackend, BackendHost, BackendModule } from '../auth-backends/contract.ts'
export type { OwnBackend, PluginOptions as McpOAuthOptions } from '../config/options.ts'

export default createPlugin()
