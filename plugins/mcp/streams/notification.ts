// A change as clients are notified of it, the same in both protocol eras (MCP "Subscriptions", "List Changed
// Notification").
import type { Change } from './change-log.ts'

export interface ChangeNotification {
  jsonrpc: '2.0'
  method: string
  params?: Record<string, unknown>
}

/** @param meta goes into `params._meta`, for the era that has it. */
export function notificationOf (change: Change, meta?: object): ChangeNotification {
  const params = {
    ...(change.kind === 'resource_updated' && { uri: change.uri }),
    ...(meta && { _meta: meta })
  }
  return {
    jsonrpc: '2.0',
    method: METHODS[change.kind],
    ...(Object.keys(params).length > 0 && { params })
  }
}

const METHODS: Readonly<Record<Change['kind'], string>> = {
  tools_list_changed: 'notifications/tools/list_changed',
  prompts_list_changed: 'notifications/prompts/list_changed',
  resources_list_changed: 'notifications/resources/list_changed',
  resource_updated: 'notifications/resources/updated'
}
