// What a project's own tests import: `import { createContext, startServer } from '@mcp-oauth-server/server/testing'`.
export { createContext, type TestContext, type TestContextOptions } from './context.ts'
export { startServer, type CallResult, type TestServer, type TestServerOptions } from './server.ts'
