// The one place that names the sign-in backends: a new backend is one file and one line here. `none` is no backend: it means no sign-in.
import type { BackendModule } from './contract.ts'
import demo from './demo.ts'
import local from './local.ts'
import oidc from './oidc.ts'
import supabase from './supabase.ts'

/** By the name that is written in AUTH_BACKEND. The name is stored with every user, so it never changes. */
export const registry: Readonly<Record<string, BackendModule>> = { demo, local, oidc, supabase }
