// Tells a JSON object from other values. Tested in test/plugins/mcp/json-rpc.test.ts.

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
