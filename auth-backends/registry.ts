// The one place that names the sign-in backends: a new backend is one file and one line here. `none` is no backend: it
// means no sign-in.
import type { BackendModule } from './contract.ts'

/**
 * By the name that is written in AUTH_BACKEND. The name is stored with every user, so it never changes. Only what is
 * chosen is loaded.
 */
export const registry: Readonly<Record<string, () => Promise<{ default: BackendModule }>>> = {
  demo: () => import('./demo.ts'),
  github: () => import('./github/index.ts'),
  local: () => import('./local.ts'),
  oidc: () => import('./oidc/index.ts'),
  supabase: () => import('./supabase/index.ts')
}
