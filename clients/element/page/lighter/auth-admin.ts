/** In place of the administration of users in @supabase/auth-js, which needs a secret key. */
export default class GoTrueAdminApi {}
